import ChatStorageCore

extension ConversationTable {
    /// Reads a conversation from a statement's row.
    static func conversation(_ row: QueryResult.Row) throws -> Conversation {
        try conversation(row, withMetadata: true)
    }

    /// Reads a conversation of a page.
    ///
    /// For a deletion it reads only what that checks: damage elsewhere in the row does not prevent it. The statements
    /// check the labels.
    static func conversation(_ row: QueryResult.Row, for query: ConversationQuery) throws -> Conversation {
        guard query.isForDeletion else { return try conversation(row) }
        let updatedAt = try row.time(3)
        return Conversation(
            id: ConversationID(try row.text(0)), title: nil, createdAt: updatedAt, updatedAt: updatedAt,
            lastSequence: 0, messageCount: Int(clamping: try row.int64(5, atLeast: 0)))
    }

    /// Reads a conversation.
    ///
    /// - Parameter withMetadata: Whether its metadata is read; replacing all of it needs no read, and repairs damage.
    static func conversation(_ row: QueryResult.Row, withMetadata: Bool) throws -> Conversation {
        let conversation = Conversation(
            id: ConversationID(try row.text(0)), title: try row.optionalText(1),
            createdAt: try row.time(2), updatedAt: try row.time(3), lastSequence: try row.int64(4, atLeast: 0),
            messageCount: Int(clamping: try row.int64(5, atLeast: 0)), readThrough: try row.int64(6, atLeast: 0),
            labels: row.isNull(8) ? [] : try labels(row),
            metadata: row.isNull(9) || !withMetadata ? Metadata() : try metadata(row),
            clearedThrough: try row.int64(7, atLeast: 0), head: row.isNull(10) ? nil : try row.int64(10, atLeast: 0),
            isBranched: try row.bool(11))
        let hasPossibleHead = try row.isNull(10) || row.bool(11) && row.int64(10) <= conversation.lastSequence
        guard conversation.hasPossibleCounts, hasPossibleHead else {
            throw ChatStorageError(.damaged, "a stored conversation's counts or head are not what the library writes")
        }
        return conversation
    }

    private static func labels(_ row: QueryResult.Row) throws -> Set<Label> {
        Set(try (row.optionalTexts(8) ?? []).map { Label($0) })
    }

    private static func metadata(_ row: QueryResult.Row) throws -> Metadata {
        let text = try row.text(9)
        do {
            return try Metadata(parsing: text)
        } catch {
            throw ChatStorageError(.damaged, "a stored conversation's metadata is not what the library writes")
        }
    }

    /// Reads the stored values that a change of a conversation compares.
    static func storedValues(_ row: QueryResult.Row) throws -> MergedChange.Values {
        MergedChange.Values(
            title: try row.optionalText(1), labels: try row.optionalTexts(8), metadata: try row.optionalText(9))
    }

    /// Labels as they are stored: in the order of their bytes, or NULL for none.
    static func stored(_ labels: Set<Label>) -> [String]? { labels.isEmpty ? nil : labels.sorted().map(\.rawValue) }
}
