import ChatStorageCore

/// An append of messages without keys: one statement of its own, or without a condition part of an ``AppendBatch``.
struct Append {
    let key: ConversationKey
    let messages: [ChatMessage]
    /// About how many bytes the values have.
    let bytes: Int
    let statements: Statements

    init(_ messages: [ChatMessage], to key: ConversationKey, _ statements: Statements) {
        self.messages = messages
        self.key = key
        self.statements = statements
        bytes = messages.reduce(0) { $0 + MessageTable.bytes(of: $1) }
    }

    /// The request of an append without a condition.
    var request: Request { request(statements.append, .mergeable(self)) }
    /// The request of an append to a conversation that must exist.
    var requestIfExists: Request { request(statements.appendIfExists, .write(key)) }

    /// The values are encoded when they are sent.
    private func request(_ statement: PreparedSQL, _ kind: Request.Kind) -> Request {
        let step = Request.Step(statement: statement, bytes: bytes) {
            Parameters(bytes: bytes + 256) { values in
                values.append(key.tenant)
                values.append(key.id.rawValue)
                MessageTable.lean.append(messages, to: &values)
            }
        }
        return Request(groups: [[step]], kind)
    }

    /// What the caller gets.
    func result(_ appended: Appended) -> AppendResult { appended.result(messages, of: key.id) }
}

extension Append: MergeableWrite {
    var rowCount: Int { messages.count }
    /// A statement for conversations of a distributed engine would span shards.
    var mergeGroup: ObjectIdentifier? {
        statements.isDistributed ? nil : ObjectIdentifier(statements)
    }

    func merged(with others: [any MergeableWrite]) -> (any MergedWrites)? {
        let appends = others.compactMap { $0 as? Append }
        return appends.count == others.count
            ? AppendBatch([self] + appends, statements.appendBatch) : nil
    }
}
