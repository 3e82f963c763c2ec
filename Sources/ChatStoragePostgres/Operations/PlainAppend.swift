import ChatStorageCore

/// An append: on its own one statement, and without a condition a part of one that appends for many callers.
struct PlainAppend {
    let key: ConversationKey
    let messages: [ChatMessage]
    /// About how many bytes the values have.
    let bytes: Int
    let statements: Statements

    init(_ messages: [ChatMessage], to key: ConversationKey, _ statements: Statements) {
        self.messages = messages
        self.key = key
        self.statements = statements
        bytes = messages.reduce(0) { $0 + $1.content.utf8.count + 32 }
    }

    /// The request of a statement that appends to one conversation; its values are encoded when it is sent.
    func request(_ statement: PreparedSQL, _ kind: Request.Kind) -> Request {
        let step = Request.Step(statement: statement, bytes: bytes) {
            Parameters(bytes: bytes + 256) { values in
                values.append(key.tenant)
                values.append(key.id.rawValue)
                values.append(texts: messages.lazy.map(\.role.rawValue))
                values.append(texts: messages.lazy.map(\.content))
            }
        }
        return Request(groups: [[step]], kind)
    }

    /// The request of an append without a condition.
    var request: Request { request(statements.append, .mergeable(self)) }
}

extension PlainAppend: MergeableWrite {
    var rowCount: Int { messages.count }
    /// A statement for conversations of a distributed engine would span shards.
    var mergeGroup: ObjectIdentifier? { statements.isDistributed ? nil : ObjectIdentifier(statements) }

    func merged(with others: [any MergeableWrite]) -> (any MergedWrites)? {
        let appends = others.compactMap { $0 as? PlainAppend }
        return appends.count == others.count ? MergedAppend([self] + appends, statements.mergedAppend) : nil
    }
}

/// What an append stored: consecutive sequences, and one time.
struct Appended: Sendable {
    let firstSequence: Int64
    let time: Timestamp

    /// The stored messages.
    func messages(_ append: PlainAppend) -> [Message] {
        messages(append.messages, of: append.key.id)
    }

    /// The stored messages of an append to a conversation.
    func messages(_ messages: [ChatMessage], of id: ConversationID) -> [Message] {
        messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: firstSequence + Int64(index), role: message.role,
                content: message.content, createdAt: time, key: message.key)
        }
    }

    static let damage = ChatStorageError(.damaged, "the database stored other messages than it was given")
}
