/// Parts of the statements that append.
extension ConversationTable {
    /// The columns that an append needs of the conversations that it has made longer.
    static let lengthened = "tenant, conversation_id, created_at, updated_at, last_sequence, cleared_through"

    /// Makes conversations longer, and creates those that do not exist.
    ///
    /// - Parameters:
    ///   - rows: The source of their tenants, their ids, the two times, the number of messages (twice), then the
    ///     `first` columns.
    ///   - first: Other columns of those that are created.
    ///   - marksRead: The parameter that says whether everything is read then; nil for no.
    ///   - withLabels: Whether those that have labels are made longer too; otherwise they are left out, like those
    ///     whose head is not the newest message.
    func lengtheningOrCreation(
        of rows: String, first: [String] = [], marksRead: String? = nil, withLabels: Bool = false
    ) -> String {
        let columns =
            ["tenant", "conversation_id", "created_at", "updated_at", "last_sequence", "message_count"] + first
        return """
            INSERT INTO \(name) AS v (\(columns.joined(separator: ", ")))
            \(rows)
            ON CONFLICT (tenant, conversation_id) DO UPDATE
            SET last_sequence = v.last_sequence + excluded.last_sequence,
                message_count = v.message_count + excluded.message_count,
                updated_at = greatest(excluded.updated_at, v.updated_at)\(marksRead.map {
                    """
                    ,
                        read_through = CASE WHEN \($0) THEN v.last_sequence + excluded.last_sequence
                            ELSE v.read_through END
                    """
                } ?? "")
            WHERE v.head IS NULL\(withLabels ? "" : " AND v.labels IS NULL")
            RETURNING \(Self.lengthened)\(withLabels ? ", labels" : "")
            """
    }

    /// Makes conversations longer, creates those that do not exist, and rewrites unchanged those that have labels or
    /// whose head is not the newest message.
    ///
    /// So it returns all of them, with `is_left_out`, and their order gives their numbers.
    func lengtheningIfPlain(of rows: String) -> String {
        let isPlain = "v.labels IS NULL AND v.head IS NULL"
        return """
            INSERT INTO \(name) AS v (tenant, conversation_id, created_at, updated_at, last_sequence, message_count)
            \(rows)
            ON CONFLICT (tenant, conversation_id) DO UPDATE
            SET last_sequence = v.last_sequence + CASE WHEN \(isPlain) THEN excluded.last_sequence ELSE 0 END,
                message_count = v.message_count + CASE WHEN \(isPlain) THEN excluded.message_count ELSE 0 END,
                updated_at = CASE WHEN \(isPlain) THEN greatest(excluded.updated_at, v.updated_at)
                    ELSE v.updated_at END
            RETURNING \(Self.lengthened), labels IS NOT NULL OR head IS NOT NULL AS is_left_out
            """
    }

    /// Makes an existing conversation longer.
    ///
    /// - Parameters:
    ///   - count: The number of messages.
    ///   - condition: What else must be true of it.
    ///   - marksRead: The parameter that says whether everything is read then; nil for no.
    ///   - withLabels: Whether one that has labels is made longer too; otherwise it is left out, like one whose head is
    ///     not the newest message.
    func lengthening(
        by count: String, if condition: String? = nil, marksRead: String? = nil, withLabels: Bool = false
    ) -> String {
        let conditions = [thisConversation, condition, "head IS NULL", withLabels ? nil : "labels IS NULL"]
        return """
            UPDATE \(name)
            SET last_sequence = last_sequence + \(count), message_count = message_count + \(count),
                updated_at = greatest(now(), updated_at)\(marksRead.map {
                    ", read_through = CASE WHEN \($0) THEN last_sequence + \(count) ELSE read_through END"
                } ?? "")
            WHERE \(conditions.compactMap(\.self).joined(separator: " AND "))
            RETURNING \(Self.lengthened)\(withLabels ? ", labels" : "")
            """
    }
}
