import ChatStorageCore

/// The statements that remove messages of a conversation, whose row an earlier statement of the transaction has locked.
///
/// If there are no jumps and the newest message is the head, only the messages must change. A branched conversation is
/// read instead, and ``BranchedRemoval`` computes the changes: in SQL, joins of the branches with each other may take
/// time that grows with their square.
struct RemovalSQL: Sendable {
    private let names: TableNames
    private let branches: BranchSQL
    private let labels: LabelTable

    init(_ names: TableNames) {
        self.names = names
        branches = BranchSQL(names: names)
        labels = LabelTable(names)
    }

    // MARK: Conversations without branches

    /// Removes messages by their sequences, if the conversation has not branched.
    var messages: PreparedSQL {
        plain("remove_messages", .bigintArray) { "\($0).sequence = ANY ($3)" }
    }

    /// Removes a message and all after it, if the conversation has not branched.
    var descendants: PreparedSQL {
        plain("remove_descendants", .bigint) { "\($0).sequence >= $3 AND \(branches.has("$3"))" }
    }

    /// It counts what it removed: nothing if the conversation was made anew after the lock, see
    /// ``BranchSQL/isAsLooked(_:_:)``.
    private func plain(
        _ name: String, _ type: ParameterType, where isRemoved: (_ table: String) -> String
    ) -> PreparedSQL {
        names.statement(
            name, [.text, .text, type],
            """
            WITH look AS (
                SELECT \(BranchSQL.looked.joined(separator: ", ")) FROM \(names.conversations)
                WHERE \(TableNames.thisConversation) AND head IS NULL AND NOT \(branches.hasJumps)),
            \(removal(
                set: "is_branched = false", where: isRemoved,
                ifLooked: "EXISTS (SELECT FROM look WHERE \(BranchSQL.isAsLooked("v", "look")))"))
            """)
    }

    // MARK: Conversations that have branched

    /// Reads a ``RemovalLook`` of a branched conversation, and nothing of any other.
    ///
    /// The message before a jump mostly has the next lower number. That number is looked up first, since a search for
    /// the next lower message reads half a page of the index.
    var look: PreparedSQL {
        let above = """
            (SELECT a.sequence FROM \(names.messages) AS a WHERE \(names.messages(of: "a"))
                AND a.sequence > m.sequence ORDER BY a.sequence LIMIT 1)
            """
        func hasParent(_ row: String) -> String { "coalesce(\(row).parent, 0) = 0 OR \(branches.has("\(row).parent"))" }
        return names.statement(
            "look_for_removal", [.text, .text, .bigintArray],
            """
            SELECT \(LookedConversation.columns.names(in: "v")), \(branches.newest), found.is_given, found.sequence,
                found.parent, found.below, found.above, found.has_parent
            FROM \(names.conversations) AS v CROSS JOIN LATERAL (
                SELECT true AS is_given, m.sequence, m.parent, \(branches.before("m.sequence")) AS below,
                    \(above) AS above, \(hasParent("m")) AS has_parent
                FROM unnest($3) AS given (value) CROSS JOIN LATERAL \(branches.message("given.value")) AS m
                UNION ALL
                SELECT false, x.sequence, x.parent,
                    coalesce(\(branches.message("x.sequence - 1", "f.sequence")), \(branches.before("x.sequence"))),
                    NULL, \(hasParent("x"))
                FROM \(names.messages) AS x WHERE \(names.jumps(of: "x"))) AS found
            WHERE \(names.messages(of: "v")) AND (v.head IS NOT NULL OR \(branches.hasJumps))
            """)
    }

    /// Performs a ``BranchedRemoval``, if the conversation is still as it was read, and counts what it removed.
    ///
    /// It finds a row's values in sorted arrays with `width_bucket`, a binary search. So each row from the first to the
    /// last changed one is read once, whatever a planner expects.
    var branched: PreparedSQL {
        let columns = BranchedRemoval.columns
        func parameter(_ name: String) -> String { "(\(columns.parameter(name, from: 3)))" }
        func place(_ row: String, in array: String) -> String { "width_bucket(\(row).sequence, \(array))" }
        func isWithin(_ row: String, from first: String, to last: String) -> String {
            """
            \(row).sequence >= \(first)[1] AND \(row).sequence <= \(last)[cardinality(\(last))] \
            AND \(row).sequence <= \(last)[\(place(row, in: first))]
            """
        }
        let (moved, parents) = (parameter("moved"), parameter("parents"))
        return names.statement(
            "remove_branched", [.text, .text] + columns.types,
            """
            WITH \(removal(
                set: "head = \(parameter("head_left")), is_branched = \(parameter("is_branched"))",
                where: { isWithin($0, from: parameter("firsts"), to: parameter("lasts")) },
                ifLooked: LookedConversation.columns.columns.map { column in
                    "v.\(column.name) IS NOT DISTINCT FROM \(parameter(column.name))"
                }.joined(separator: " AND "),
                then: """
                    followed AS (
                        UPDATE \(names.messages) AS m SET parent = nullif(\(parents)[\(place("m", in: moved))], -1)
                        WHERE \(names.messages(of: "m")) AND \(isWithin("m", from: moved, to: moved))
                            AND EXISTS (SELECT FROM c)),
                    """))
            """)
    }

    /// Removes messages, changes the conversation's row, moves its labels, and counts the messages.
    ///
    /// - Parameters:
    ///   - values: The row's other new values.
    ///   - isRemoved: Whether a message is removed.
    ///   - isAsLooked: Whether the row, `v`, is the one that was read.
    ///   - more: What else to do then.
    private func removal(
        set values: String, where isRemoved: (_ table: String) -> String, ifLooked isAsLooked: String,
        then more: String = ""
    ) -> String {
        """
        removed AS MATERIALIZED (
            SELECT count(*) AS count FROM \(names.messages) AS x WHERE \(names.messages(of: "x")) AND \(isRemoved("x"))),
        c AS (
            UPDATE \(names.conversations) AS v
            SET updated_at = greatest(now(), v.updated_at), \(values), message_count = v.message_count - removed.count
            FROM removed WHERE \(names.messages(of: "v")) AND removed.count > 0 AND \(isAsLooked)
            RETURNING v.tenant, v.conversation_id, v.labels, v.updated_at),
        deleted AS (
            DELETE FROM \(names.messages) AS m
            WHERE \(names.messages(of: "m")) AND \(isRemoved("m")) AND EXISTS (SELECT FROM c)),
        \(more)l AS (\(labels.listing))
        SELECT removed.count FROM removed WHERE EXISTS (SELECT FROM c)
        """
    }
}
