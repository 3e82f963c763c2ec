import ChatStorageCore

/// The statements of conditional appends, which first look for their keys and at the conversation's version.
extension AppendSQL {
    /// Appends plain messages with keys.
    var keyedAppend: PreparedSQL {
        conditional(
            "keyed_append", MessageTable.keyed,
            conversations.lengtheningOrCreation(
                of: "SELECT $1, $2, now(), now(), \(Self.count), \(Self.count) WHERE \(Self.isNew)"))
    }

    var keyedAppendIfExists: PreparedSQL {
        conditional(
            "keyed_append_if_exists", MessageTable.keyed, conversations.lengthening(by: Self.count, if: Self.isNew))
    }

    /// Appends messages of any form, creates a conversation with first values, and marks as read.
    func generalAppend(withLabels: Bool) -> PreparedSQL {
        let columns = ConditionalAppend.creating
        let first = Self.first + MessageTable.full.count
        func parameter(_ name: String) -> String { columns.parameter(name, from: first) }
        let marksRead = parameter("marks_read")
        return conditional(
            withLabels ? "labelled_append" : "general_append", MessageTable.full,
            conversations.lengtheningOrCreation(
                of: """
                    SELECT $1, $2, now(), now(), \(Self.count), \(Self.count),
                        CASE WHEN \(marksRead) THEN \(Self.count) ELSE 0 END,
                        \(parameter("title")), \(parameter("labels")), \(parameter("metadata"))
                    WHERE \(Self.isNew)
                    """,
                first: ["read_through", "title", "labels", "metadata"], marksRead: marksRead, withLabels: withLabels),
            more: columns.types, isStreaming: parameter("is_streaming"), withLabels: withLabels)
    }

    /// Appends messages of any form to an existing conversation, at a version or at any, and marks as read.
    ///
    /// After waiting for the row's lock, PostgreSQL rechecks the condition on the new row.
    func generalAppendIfExists(withLabels: Bool) -> PreparedSQL {
        let columns = ConditionalAppend.existing
        let first = Self.first + MessageTable.full.count
        func parameter(_ name: String) -> String { columns.parameter(name, from: first) }
        let createdAt = parameter("created_at")
        return conditional(
            withLabels ? "labelled_append_if_exists" : "general_append_if_exists", MessageTable.full,
            conversations.lengthening(
                by: Self.count,
                if: """
                    \(Self.isNew) AND (\(createdAt) IS NULL OR created_at = \(createdAt)
                        AND last_sequence = \(parameter("last_sequence"))
                        AND cleared_through = \(parameter("cleared_through")))
                    """,
                marksRead: parameter("marks_read"), withLabels: withLabels),
            more: columns.types, isStreaming: parameter("is_streaming"), withLabels: withLabels)
    }

    static let isNew = "NOT EXISTS (SELECT FROM found)"

    /// The messages that have one of the given keys: `found`.
    ///
    /// It looks up each key by itself. With one array of keys, a planner that expects short conversations would read
    /// all messages of the conversation.
    func found(_ shape: BoundColumns<MessageValues>) -> String {
        """
        found AS (
            SELECT \(MessageTable.columnList)
            FROM unnest(\(shape.parameter(MessageTable.key, from: Self.first))) AS given (key) CROSS JOIN LATERAL (
                SELECT \(MessageTable.columnList) FROM \(names.messages)
                WHERE \(names.thisTenant) AND \(TableNames.id) = $2 AND \(MessageTable.key) = given.key
                LIMIT 1) AS stored)
        """
    }

    /// The columns that an append sets for its last message if that is an answer under way.
    ///
    /// - Parameter isStreaming: The parameter that says whether it is; nil for no.
    func writing(_ isStreaming: String?) -> [(column: String, value: String)] {
        guard let isStreaming else { return [] }
        let isBegun = "CASE WHEN \(isStreaming) AND added.number = \(Self.count) THEN"
        return [
            ("state", "\(isBegun) '\(MessageState.streaming.rawValue)' END"),
            ("revision", "\(isBegun) \(MessageWriting.begun.revision) END"),
        ]
    }

    /// The whole statement sees one snapshot, except for a row that it had to wait for.
    private func conditional(
        _ name: String, _ shape: BoundColumns<MessageValues>, _ lengthening: String, more: [ParameterType] = [],
        isStreaming: String? = nil, withLabels: Bool = false
    ) -> PreparedSQL {
        names.statement(
            name, [.text, .text] + shape.types + more,
            """
            WITH \(found(shape)),
            c AS (
                \(lengthening)),
            \(withLabels ? "l AS (\(labels.listing))," : "")
            added AS (
                \(insertion(of: shape, more: writing(isStreaming)))
                RETURNING sequence, created_at)
            \(AppendLook.found)
            UNION ALL \(AppendLook.added())
            UNION ALL \(AppendLook.after(hasLabels: withLabels ? "labels IS NOT NULL" : "false"))
            UNION ALL \(AppendLook.before(from: "\(names.conversations) WHERE \(TableNames.thisConversation)"))
            """)
    }
}
