import ChatStorageCore

/// The statements of conditional appends, which first look for their keys and at the conversation's version.
extension AppendSQL {
    /// What a row of their answers is; the row's first column has its name.
    enum Row: String {
        /// A message that has one of the given keys already, whereupon none is added.
        case found
        /// A message that was added: its sequence and time.
        case added
        /// The conversation before the append: its last sequence and when it was created.
        case before
        /// The same after it.
        case after
    }

    var keyedAppend: PreparedSQL {
        conditional(
            "keyed_append",
            conversations.lengtheningOrCreation(
                of: "SELECT $1, $2, now(), now(), \(Self.count) WHERE NOT EXISTS (SELECT FROM found)"))
    }

    var keyedAppendIfExists: PreparedSQL {
        conditional(
            "keyed_append_if_exists", conversations.lengthening(by: Self.count, if: "NOT EXISTS (SELECT FROM found)"))
    }

    /// After waiting for the row's lock, PostgreSQL rechecks the condition on the new row.
    var appendIfUnchanged: PreparedSQL {
        let next = Self.first + MessageTable.full.count
        return conditional(
            "append_if_unchanged",
            conversations.lengthening(
                by: Self.count,
                if: "NOT EXISTS (SELECT FROM found) AND created_at = $\(next) AND last_sequence = $\(next + 1)"),
            more: [.timestamptz, .bigint])
    }

    /// One snapshot shows all of it, except for what the wait for the lock brings.
    ///
    /// Each key is looked up by itself. With one array of keys, a planner that expects short conversations would read
    /// all messages of the conversation.
    private func conditional(
        _ name: String, _ lengthening: String, more: [ParameterType] = []
    ) -> PreparedSQL {
        let full = MessageTable.full
        func row(_ row: Row, _ columns: String) -> String { "SELECT '\(row.rawValue)', \(columns)" }
        return names.statement(
            name, [.text, .text] + full.types + more,
            """
            WITH found AS (
                SELECT \(MessageTable.columnList)
                FROM unnest(\(full.parameter(MessageTable.key, from: Self.first))) AS given (key) CROSS JOIN LATERAL (
                    SELECT \(MessageTable.columnList) FROM \(names.messages)
                    WHERE \(names.thisTenant) AND \(TableNames.id) = $2 AND \(MessageTable.key) = given.key
                    LIMIT 1) AS stored),
            c AS (
                \(lengthening)),
            added AS (
                \(insertion(of: full))
                RETURNING sequence, created_at)
            \(row(.found, MessageTable.columnList)) FROM found
            UNION ALL \(row(.added, MessageTable.row(sequence: "sequence", createdAt: "created_at"))) FROM added
            UNION ALL \(row(.after, MessageTable.row(sequence: "last_sequence", createdAt: "created_at"))) FROM c
            UNION ALL \(row(.before, MessageTable.row(sequence: "last_sequence", createdAt: "created_at")))
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

        init(_ result: QueryResult, of id: ConversationID) throws {
            for row in result.rows {
                // The messages' columns follow the kind.
                switch Row(rawValue: try row.text(0)) {
                case .found: found.append(try MessageTable.message(row, from: 1, of: id))
                case .added:
                    let (sequence, time) = try MessageTable.place(row, from: 1)
                    let known = added ?? (0, sequence, sequence, time)
                    added = (known.count + 1, min(known.first, sequence), max(known.last, sequence), time)
                case .before: before = try Self.version(row)
                case .after: after = try Self.version(row)
                case nil: throw Appended.damage
                }
            }
        }

        private static func version(_ row: QueryResult.Row) throws -> ConversationVersion {
            let (sequence, time) = try MessageTable.place(row, from: 1)
            return ConversationVersion(createdAt: time, lastSequence: sequence)
        }
    }
}
