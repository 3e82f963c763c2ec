import ChatStorageCore

/// The previews of a list: each conversation's newest message with a text, among the last of its current path.
extension ConversationWalk {
    static let previewColumns = "preview.sequence, preview.role, preview.created_at, preview.content, preview.state"

    /// A page of all conversations with previews; a statement that also filters by labels costs a quarter more.
    func withPreviews(_ name: String, _ types: [ParameterType], _ scalars: String, _ rows: String) -> PreparedSQL {
        names.statement(
            name, types,
            """
            SELECT \(ConversationTable.columns.map { "page.\($0)" }.joined(separator: ", ")), \(Self.previewColumns)
            FROM (
                \(rows)) AS page
            LEFT JOIN LATERAL (
                \(preview(scalars: scalars))) AS preview ON true
            ORDER BY page.updated_at DESC, page.conversation_id COLLATE "POSIX"
            """)
    }

    /// The preview of the row `page`.
    ///
    /// Most often the path's last message has a text, and then nothing else is read.
    func preview(scalars: String) -> String {
        let id = "page.conversation_id"
        let columns = "sequence, role, created_at, content, state"
        let messages = "\(names.messages) AS m WHERE \(names.messages(of: "m", id: id))"
        return """
            SELECT sequence, role, created_at, left(content, \(scalars)::integer) AS content, state
            FROM (
                SELECT \(columns) FROM \(messages) AND m.sequence = coalesce(page.head, page.last_sequence)
                    AND content <> ''
                UNION ALL
                (SELECT \(columns) FROM (
                    SELECT \(columns) FROM \(messages) AND NOT page.is_branched
                    ORDER BY m.sequence DESC LIMIT \(MessagePreview.messages)) AS newest
                WHERE content <> '' ORDER BY sequence DESC LIMIT 1)
                UNION ALL
                (SELECT \(columns) FROM (
                    \(lastOfPath(messages, id)) ORDER BY m.sequence DESC LIMIT \(MessagePreview.messages)) AS newest
                WHERE content <> '' ORDER BY sequence DESC LIMIT 1)) AS found
            LIMIT 1
            """
    }

    /// The last messages `m` of the current path of a branched conversation; see ``MessagePath``.
    private func lastOfPath(_ messages: String, _ id: String) -> String {
        let branches = BranchSQL(names: names, id: id)
        let end = "coalesce(page.head, page.last_sequence)"
        return """
            WITH RECURSIVE seg AS (
                SELECT \(end) AS high, coalesce(j.sequence, 0) AS low, j.parent AS next,
                    \(MessagePreview.messages)::bigint AS need
                FROM (SELECT) AS one LEFT JOIN LATERAL \(branches.jump(notAfter: end)) AS j ON true
                WHERE page.is_branched
                UNION ALL
                SELECT seg.next, coalesce(j.sequence, 0), j.parent, seg.need - got.n
                FROM seg CROSS JOIN LATERAL (
                    SELECT count(*) AS n FROM (
                        SELECT FROM \(messages) AND m.sequence BETWEEN seg.low AND seg.high LIMIT seg.need) AS counted
                ) AS got
                LEFT JOIN LATERAL \(branches.jump(notAfter: "seg.next")) AS j ON true
                WHERE seg.next > 0 AND seg.next < seg.low AND seg.need > got.n)
            SELECT m.* FROM seg CROSS JOIN LATERAL (
                SELECT sequence, role, created_at, content, state
                FROM \(messages) AND m.sequence BETWEEN seg.low AND seg.high
                ORDER BY m.sequence DESC LIMIT seg.need) AS m
            """
    }

    /// Reads a preview; nil if there is none.
    ///
    /// - Parameter first: The index of its first column.
    static func preview(_ row: QueryResult.Row, _ first: Int32) throws -> MessagePreview? {
        guard !row.isNull(first) else { return nil }
        return MessagePreview(
            sequence: try row.int64(first, atLeast: 1), role: try row.role(first + 1),
            createdAt: try row.time(first + 2), text: try row.text(first + 3),
            state: row.isNull(first + 4) ? .complete : try MessageTable.state(row, first + 4))
    }

    /// Reads a page of all conversations with previews.
    static func pageWithPreviews(
        _ result: QueryResult, of query: ConversationQuery, tenant: String
    ) throws -> ConversationPage {
        let conversations = try result.rows.map { row in
            var conversation = try ConversationTable.conversation(row, for: query)
            conversation.preview = try preview(row, Int32(ConversationTable.columns.count))
            return conversation
        }
        return ConversationPage(conversations, limit: query.limit, tenant: tenant)
    }
}
