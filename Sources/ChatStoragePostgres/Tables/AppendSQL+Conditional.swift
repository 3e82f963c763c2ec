import ChatStorageCore

/// The statements of conditional appends, which first look for their keys and at the conversation's version.
extension AppendSQL {
    /// What a row of their answers is; the row's first column has its name.
    enum Row: String {
        /// A message that has one of the given keys already, whereupon none is added.
        case found
        /// A message that was added: its sequence and time.
        case added
        /// The conversation before the append: its last sequence, when it was created and what was cleared.
        case before
        /// The same after it.
        case after
    }

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

    /// Appends all messages, creates a conversation with first values, and marks as read.
    func generalAppend(withLabels: Bool) -> PreparedSQL {
        let columns = ConditionalAppend.creating
        let first = Self.first + MessageTable.full.count
        let marksRead = columns.parameter("marks_read", from: first)
        func parameter(_ name: String) -> String { columns.parameter(name, from: first) }
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
            more: columns.types, withLabels: withLabels)
    }

    /// Appends all messages to a conversation that exists, of a version or of any, and marks as read.
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
            more: columns.types, withLabels: withLabels)
    }

    private static let isNew = "NOT EXISTS (SELECT FROM found)"

    /// One snapshot shows all of it, except for what the wait for the lock brings.
    ///
    /// Each key is looked up by itself. With one array of keys, a planner that expects short conversations would read
    /// all messages of the conversation.
    private func conditional(
        _ name: String, _ shape: BoundColumns<MessageValues>, _ lengthening: String, more: [ParameterType] = [],
        withLabels: Bool = false
    ) -> PreparedSQL {
        func row(_ row: Row, _ columns: String, clearedThrough: String = "NULL::bigint", hasLabels: String = "false")
            -> String
        {
            "SELECT '\(row.rawValue)', \(columns), \(clearedThrough), \(hasLabels)"
        }
        let version = MessageTable.row(sequence: "last_sequence", createdAt: "created_at")
        let hasLabels = "labels IS NOT NULL"
        return names.statement(
            name, [.text, .text] + shape.types + more,
            """
            WITH found AS (
                SELECT \(MessageTable.columnList)
                FROM unnest(\(shape.parameter(MessageTable.key, from: Self.first))) AS given (key) CROSS JOIN LATERAL (
                    SELECT \(MessageTable.columnList) FROM \(names.messages)
                    WHERE \(names.thisTenant) AND \(TableNames.id) = $2 AND \(MessageTable.key) = given.key
                    LIMIT 1) AS stored),
            c AS (
                \(lengthening)),
            \(withLabels ? "l AS (\(labels.listing))," : "")
            added AS (
                \(insertion(of: shape))
                RETURNING sequence, created_at)
            \(row(.found, MessageTable.columnList)) FROM found
            UNION ALL \(row(.added, MessageTable.row(sequence: "sequence", createdAt: "created_at"))) FROM added
            UNION ALL \(row(.after, version, clearedThrough: "cleared_through",
                hasLabels: withLabels ? hasLabels : "false")) FROM c
            UNION ALL \(row(.before, version, clearedThrough: "cleared_through", hasLabels: hasLabels))
                FROM \(names.conversations) WHERE \(TableNames.thisConversation)
            """)
    }

    /// What such a statement answered.
    struct Look {
        var found: [Message] = []
        /// How many messages were added, their sequences and time.
        var added: (count: Int, first: Int64, last: Int64, time: Timestamp)?
        /// The conversation's version as the statement's snapshot shows it; nil if there was none.
        var before: ConversationVersion?
        /// The conversation's version after messages were added.
        var after: ConversationVersion?
        /// Whether the conversation has labels: after messages were added, or else as the statement's snapshot shows.
        var hasLabels: Bool { hadLabels.after ?? hadLabels.before ?? false }
        private var hadLabels: (before: Bool?, after: Bool?)

        init(_ result: QueryResult, of id: ConversationID) throws {
            for row in result.rows {
                // The messages' columns follow the kind.
                switch Row(rawValue: try row.text(0)) {
                case .found: found.append(try MessageTable.message(row, from: 1, of: id))
                case .added:
                    let (sequence, time) = try MessageTable.place(row, from: 1)
                    let known = added ?? (0, sequence, sequence, time)
                    added = (known.count + 1, min(known.first, sequence), max(known.last, sequence), time)
                case .before:
                    before = try Self.version(row)
                    hadLabels.before = try row.bool(Self.more + 1)
                case .after:
                    after = try Self.version(row)
                    hadLabels.after = try row.bool(Self.more + 1)
                case nil: throw Appended.damage
                }
            }
        }

        /// The place of what follows the messages' columns.
        private static let more = 1 + Int32(MessageTable.columns.count)

        private static func version(_ row: QueryResult.Row) throws -> ConversationVersion {
            let (sequence, time) = try MessageTable.place(row, from: 1)
            let clearedThrough = try row.int64(more, atLeast: 0)
            return ConversationVersion(createdAt: time, lastSequence: sequence, clearedThrough: clearedThrough)
        }
    }
}
