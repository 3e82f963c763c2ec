import ChatStorageCore

extension ConversationTable {
    /// Whether a row has more than what every conversation has.
    static func hasDetails(_ row: Statement) -> Bool { !row.isNull(Column.details.rawValue) }

    /// The value of the details column, which says whether there is more than a plain conversation has.
    static func details(of conversation: Conversation) -> Int64? {
        if conversation.isBranched { return 1 }
        let isPlain =
            conversation.removedCount == 0 && conversation.clearedThrough == 0 && conversation.readThrough == 0
            && conversation.labels.isEmpty && conversation.metadata.isEmpty
        return isPlain ? nil : 0
    }

    /// The number that messages refer to a row's conversation by.
    static func key(in row: Statement) -> Int64 { row.int64(Column.key.rawValue) }

    static func labels(in row: Statement) throws -> Set<Label> {
        guard let text = try row.rareText(Column.labels.rawValue) else { return [] }
        return try StoredJSON.labels(text)
    }

    /// The metadata of a row's conversation, which may be beside it.
    func metadata(
        of id: ConversationID, tenant: String, in row: Statement, _ budget: inout ReadBudget
    ) throws -> Metadata {
        guard var text = try row.rareText(Column.metadata.rawValue) else { return Metadata() }
        if StoredMetadata.isBeside(text) { text = try database.metadataTable.text(tenant: tenant, id) }
        try budget.take(bytes: text.utf8.count)
        return try StoredJSON.metadata(text)
    }

    /// Where the head of a row's conversation is, and whether it has branched.
    private static func branches(in row: Statement) throws -> (head: Int64?, isBranched: Bool) {
        let isBranched = row.int64(Column.details.rawValue) != 0
        let head = row.optionalInt64(Column.head.rawValue)
        guard head.map({ isBranched && $0 >= 0 }) ?? true else {
            throw ConversationTree.damaged("a conversation's head is negative, or set though it has not branched")
        }
        return (head, isBranched)
    }

    /// How many messages a row's conversation has.
    private static func messageCount(in row: Statement) -> Int {
        let removed = row.int64(Column.removedCount.rawValue)
        let (count, isOverflow) = row.int64(Column.lastSequence.rawValue).subtractingReportingOverflow(removed)
        return isOverflow ? -1 : Int(count)
    }

    func conversation(
        _ id: ConversationID, tenant: String, in row: Statement, withMetadata: Bool = true
    ) throws -> Conversation {
        var budget = database.readBudget
        return try Self.conversation(
            id, in: row, labels: Self.labels(in: row),
            metadata: withMetadata ? metadata(of: id, tenant: tenant, in: row, &budget) : Metadata())
    }

    /// Only what a deletion checks: damage elsewhere in the row does not prevent it.
    static func conversationToDelete(
        _ id: ConversationID, in row: Statement, labels: Set<Label> = []
    ) throws -> Conversation {
        let updatedAt = try row.timestamp(Column.updatedAt.rawValue)
        return Conversation(
            id: id, title: nil, createdAt: updatedAt, updatedAt: updatedAt, lastSequence: 0,
            messageCount: messageCount(in: row), labels: labels)
    }

    /// The conversation of a row without details.
    static func conversation(_ id: ConversationID, in row: Statement) throws -> Conversation {
        // Checked first, since values kept during the check would be copied.
        let lastSequence = row.int64(Column.lastSequence.rawValue)
        guard lastSequence >= 0 else { throw impossibleCounts }
        return Conversation(
            plain: id, title: try row.rareText(Column.title.rawValue),
            createdAt: try row.timestamp(Column.createdAt.rawValue),
            updatedAt: try row.timestamp(Column.updatedAt.rawValue), lastSequence: lastSequence)
    }

    /// The conversation of a row of ``Column/list``.
    static func conversation(
        _ id: ConversationID, in row: Statement, labels: Set<Label>, metadata: Metadata
    ) throws -> Conversation {
        let (head, isBranched) = try branches(in: row)
        let conversation = Conversation(
            id: id, title: try row.rareText(Column.title.rawValue),
            createdAt: try row.timestamp(Column.createdAt.rawValue),
            updatedAt: try row.timestamp(Column.updatedAt.rawValue),
            lastSequence: row.int64(Column.lastSequence.rawValue), messageCount: messageCount(in: row),
            readThrough: row.int64(Column.readThrough.rawValue), labels: labels, metadata: metadata,
            clearedThrough: row.int64(Column.clearedThrough.rawValue), head: head, isBranched: isBranched)
        guard conversation.hasPossibleCounts else { throw impossibleCounts }
        return conversation
    }

    private static var impossibleCounts: ChatStorageError {
        ChatStorageError(.damaged, "a stored conversation's counts are not what a backend writes")
    }
}
