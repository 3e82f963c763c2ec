import ChatStorageCore

extension MessageTable {
    static func stored(_ state: MessageState) -> String? { state == .complete ? nil : state.rawValue }

    /// The revision as it is stored; it also says whether the row has more than a text.
    static func revision(of message: Message) -> Int64? {
        message.revision == 0 && message.body.isPlain ? nil : message.revision
    }

    /// Whether a row has more than what plain messages have.
    static func hasMore(_ row: Statement) -> Bool { !row.isNull(Column.revision.rawValue) }

    static func state(in row: Statement, at column: Int32) throws -> MessageState {
        if row.isNull(column) { return .complete }
        guard let state = MessageState(rawValue: try row.text(column)) else {
            throw ChatStorageError(.damaged, "a stored message has an unknown state")
        }
        return state
    }

    static func sequence(in row: Statement) -> Int64 { row.int64(Column.sequence.rawValue) }

    static func state(in row: Statement) throws -> MessageState {
        try state(in: row, at: Column.state.rawValue)
    }

    /// The message that a row's message follows, 0 for none; nil if that is the one before it.
    static func predecessor(in row: Statement) throws -> Int64? {
        guard let parent = row.optionalInt64(Column.parent.rawValue) else { return nil }
        return try ConversationTree.checked(parent, of: row.int64(Column.sequence.rawValue))
    }

    /// How the writing of a row's message went; nil if it was appended whole.
    private static func writing(in row: Statement) throws -> MessageWriting? {
        if !hasMore(row) { return nil }
        let revision = row.int64(Column.revision.rawValue)
        let isRevised = !row.isNull(Column.revisedAt.rawValue)
        if revision == 0, !isRevised, row.isNull(Column.state.rawValue) { return nil }
        guard revision >= 1 else {
            throw ChatStorageError(.damaged, "a stored answer under way has no revision")
        }
        return MessageWriting(
            state: try state(in: row), revision: revision,
            revisedAt: isRevised ? try row.timestamp(Column.revisedAt.rawValue) : nil)
    }

    /// The message of a row without a revision.
    func plainMessage(
        in row: Statement, of id: ConversationID, _ roles: inout RoleTable, _ budget: inout ReadBudget
    ) throws -> Message {
        // Checked first, since values kept during the check would be copied.
        let sequence = row.int64(Column.sequence.rawValue)
        guard sequence >= 1 else { throw Self.impossibleSequence }
        let content = try row.text(Column.content.rawValue)
        try budget.take(bytes: content.utf8.count)
        return Message(
            ordinary: id, sequence: sequence,
            body: ChatMessage(
                role: try roles.role(row.int64(Column.role.rawValue)), content: content,
                key: try row.rareText(Column.key.rawValue)),
            createdAt: try row.timestamp(Column.createdAt.rawValue))
    }

    /// The message of a row.
    ///
    /// - Parameter hasBranches: Whether the row says which message it follows.
    func message(
        in row: Statement, of id: ConversationID, hasBranches: Bool = true, _ roles: inout RoleTable,
        _ budget: inout ReadBudget
    ) throws -> Message {
        let role = try roles.role(row.int64(Column.role.rawValue))
        let content = try row.text(Column.content.rawValue)
        let key = try row.rareText(Column.key.rawValue)
        let parts = try row.rareText(Column.parts.rawValue)
        let metadata = try row.rareText(Column.metadata.rawValue)
        let body: ChatMessage
        if parts == nil, metadata == nil {
            body = ChatMessage(role: role, content: content, key: key)
            try budget.take(bytes: content.utf8.count)
        } else {
            try budget.take(
                bytes: content.utf8.count + (parts?.utf8.count ?? 0) + (metadata?.utf8.count ?? 0))
            body = try MessageJSON.message(role: role, content: content, parts: parts, metadata: metadata, key: key)
        }
        let message = Message(
            conversationID: id, sequence: row.int64(Column.sequence.rawValue), body: body,
            createdAt: try row.timestamp(Column.createdAt.rawValue),
            predecessor: hasBranches ? try Self.predecessor(in: row) : nil,
            writing: try Self.writing(in: row))
        guard message.sequence >= 1 else { throw Self.impossibleSequence }
        return message
    }

    private static var impossibleSequence: ChatStorageError {
        ChatStorageError(.damaged, "a stored message's sequence is not positive")
    }
}
