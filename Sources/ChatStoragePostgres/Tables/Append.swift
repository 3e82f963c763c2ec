import ChatStorageCore

/// An append of messages without keys: one statement of its own, or part of an ``AppendBatch`` if it has no condition.
struct Append {
    let key: ConversationKey
    let values: MessageValues
    let statements: Statements

    init(_ values: MessageValues, to key: ConversationKey, _ statements: Statements) {
        self.values = values
        self.key = key
        self.statements = statements
    }

    /// About how many bytes the values have.
    var bytes: Int { values.bytes }

    /// The request of an append without a condition.
    var request: Request { request(statements.append, .mergeable(self)) }
    /// The request of an append to a conversation that must exist.
    var requestIfExists: Request { request(statements.appendIfExists, .write(key)) }

    /// The values are encoded when they are sent.
    private func request(_ statement: MessageStatement, _ kind: Request.Kind) -> Request {
        let step = Request.Step(statement: statement.sql(for: values), bytes: bytes) {
            Parameters(bytes: bytes + 256) { parameters in
                parameters.append(key.tenant)
                parameters.append(key.id.rawValue)
                statement.append(values, to: &parameters)
            }
        }
        return Request(groups: [[step]], kind)
    }

    /// What the caller gets.
    func result(_ appended: Appended) -> AppendResult { appended.result(values.messages, of: key.id) }
}

extension Append: MergeableWrite {
    var rowCount: Int { values.messages.count }
    /// On a distributed engine, a statement for several conversations would span shards.
    var mergeGroup: ObjectIdentifier? {
        statements.isDistributed ? nil : ObjectIdentifier(statements)
    }

    func merged(with others: [any MergeableWrite]) -> (any MergedWrites)? {
        let appends = others.compactMap { $0 as? Append }
        return appends.count == others.count
            ? AppendBatch([self] + appends, statements.appendBatch) : nil
    }
}
