import ChatStorageCore

/// The statements that remove messages of a conversation whose row is locked before them in their transaction.
///
/// A message that followed a removed one then follows that one's nearest ancestor that stays. Only two kinds of
/// messages can change: those whose predecessor is removed, and jumps right after removed messages, which are jumps no
/// longer if their predecessor is now the message before them.
struct RemovalSQL: Sendable {
    private let names: TableNames
    private let branches: BranchSQL
    private let labels: LabelTable

    init(_ names: TableNames) {
        self.names = names
        branches = BranchSQL(names: names)
        labels = LabelTable(names)
    }

    /// Removes messages by their sequences.
    var messages: PreparedSQL {
        let isRemoved = "IN (SELECT sequence FROM removed)"
        return statement(
            "remove_messages", .bigintArray,
            """
            removed AS MATERIALIZED (
                SELECT m.sequence, \(branches.predecessor(of: "m")) AS predecessor
                FROM (SELECT DISTINCT value FROM unnest($3) AS given (value)) AS given
                CROSS JOIN LATERAL \(branches.message("given.value")) AS m),
            up AS (
                SELECT sequence, predecessor AS ancestor FROM removed WHERE predecessor NOT \(isRemoved)
                UNION ALL
                SELECT removed.sequence, up.ancestor FROM up JOIN removed ON removed.predecessor = up.sequence),
            followers AS (
                SELECT n.sequence FROM removed CROSS JOIN LATERAL (
                    SELECT x.sequence FROM \(names.messages) AS x
                    WHERE \(names.messages(of: "x")) AND x.sequence > removed.sequence
                    ORDER BY x.sequence LIMIT 1) AS n
                UNION
                SELECT x.sequence FROM \(names.messages) AS x WHERE \(names.jumps(of: "x")) AND x.parent \(isRemoved)),
            moved AS MATERIALIZED (
                SELECT m.sequence, m.parent AS old,
                    nullif(coalesce(up.ancestor, m.predecessor), coalesce(below.sequence, 0)) AS parent
                FROM (
                    SELECT m.sequence, m.parent, \(branches.predecessor(of: "m")) AS predecessor
                    FROM followers CROSS JOIN LATERAL \(branches.message("followers.sequence")) AS m
                    WHERE m.sequence NOT \(isRemoved)) AS m
                LEFT JOIN up ON up.sequence = m.predecessor
                LEFT JOIN LATERAL (
                    SELECT x.sequence FROM \(names.messages) AS x
                    WHERE \(names.messages(of: "x")) AND x.sequence < m.sequence AND x.sequence NOT \(isRemoved)
                    ORDER BY x.sequence DESC LIMIT 1) AS below ON true),
            """,
            head: "coalesce((SELECT ancestor FROM up WHERE sequence = h.head), h.head)",
            newest: """
                (SELECT x.sequence FROM \(names.messages) AS x WHERE \(names.messages(of: "x"))
                    AND x.sequence NOT \(isRemoved) ORDER BY x.sequence DESC LIMIT 1)
                """)
    }

    /// Removes a message and all that descend from it: ranges, after each of which only the next message changes.
    ///
    /// Rows that change are found by an array of their sequences: joined with the ranges, all rows of the conversation
    /// would be compared with each range.
    var descendants: PreparedSQL {
        statement(
            "remove_descendants", .bigint,
            """
            \(branches.descendants(of: "$3")),
            ranges AS MATERIALIZED (
                SELECT min(low) AS low, CASE WHEN bool_and(high IS NOT NULL) THEN max(high) END AS high
                FROM (
                    SELECT low, high, count(*) FILTER (WHERE begins) OVER (ORDER BY low) AS number
                    FROM (SELECT low, high, lag(high) OVER (ORDER BY low) IS DISTINCT FROM low AS begins FROM d) AS runs
                ) AS runs
                GROUP BY number),
            moved AS MATERIALIZED (
                SELECT m.sequence, m.parent AS old, nullif(m.parent, coalesce(\(branches.before("ranges.low")), 0)) AS parent
                FROM ranges CROSS JOIN LATERAL \(branches.message("ranges.high")) AS m),
            removed AS MATERIALIZED (
                SELECT x.sequence FROM ranges CROSS JOIN LATERAL (
                    SELECT x.sequence FROM \(names.messages) AS x
                    WHERE \(names.messages(of: "x")) AND x.sequence >= ranges.low
                        AND x.sequence < coalesce(ranges.high, 9223372036854775807)
                    ORDER BY x.sequence OFFSET 0) AS x),
            """,
            head: """
                CASE WHEN EXISTS (
                    SELECT FROM ranges WHERE h.head >= ranges.low AND h.head < coalesce(ranges.high, 9223372036854775807))
                THEN (SELECT predecessor FROM top) ELSE h.head END
                """,
            newest: """
                (SELECT CASE WHEN last.high IS NULL THEN \(branches.before("last.low")) ELSE \(branches.newest) END
                    FROM (SELECT low, high FROM ranges ORDER BY low DESC LIMIT 1) AS last)
                """)
    }

    /// It counts what it removed: nothing if the conversation was made anew after the lock, see
    /// ``BranchSQL/isAsLooked(_:_:)``.
    ///
    /// - Parameters:
    ///   - removal: Finds the messages, `removed`, and what others follow then, `moved`.
    ///   - head: The new head, given the old one, `h.head`.
    ///   - newest: The highest sequence that stays; NULL for none.
    private func statement(
        _ name: String, _ type: ParameterType, _ removal: String, head: String, newest: String
    ) -> PreparedSQL {
        names.statement(
            name, [.text, .text, type],
            """
            WITH RECURSIVE \(removal)
            look AS (
                SELECT \(BranchSQL.looked.joined(separator: ", ")) FROM \(names.conversations)
                WHERE \(TableNames.thisConversation)),
            h AS (
                SELECT \(head) AS head, coalesce(\(newest), 0) AS newest
                FROM (SELECT coalesce(head, \(branches.newest), 0) AS head FROM look) AS h),
            c AS (
                UPDATE \(names.conversations) AS v
                SET updated_at = greatest(now(), v.updated_at), head = nullif(h.head, h.newest),
                    message_count = v.message_count - (SELECT count(*) FROM removed)
                FROM h
                WHERE \(names.messages(of: "v")) AND EXISTS (SELECT FROM removed)
                    AND EXISTS (SELECT FROM look WHERE \(BranchSQL.isAsLooked("v", "look")))
                RETURNING v.tenant, v.conversation_id, v.labels, v.updated_at),
            deleted AS (
                DELETE FROM \(names.messages) AS m
                WHERE \(names.messages(of: "m")) AND m.sequence = ANY (ARRAY(SELECT sequence FROM removed))
                    AND EXISTS (SELECT FROM c)),
            followed AS (
                UPDATE \(names.messages) AS m SET parent = moved.parent FROM moved
                WHERE \(names.messages(of: "m")) AND m.sequence = moved.sequence
                    AND m.sequence = ANY (ARRAY(SELECT sequence FROM moved WHERE moved.parent IS DISTINCT FROM old))
                    AND EXISTS (SELECT FROM c)),
            l AS (\(labels.listing))
            SELECT count(*) FROM removed WHERE EXISTS (SELECT FROM c)
            """)
    }

    /// Notes after a removal that a conversation is not branched any more, if that is so.
    var unbranch: PreparedSQL {
        names.statement(
            "unbranch", [.text, .text],
            """
            UPDATE \(names.conversations) SET is_branched = false
            WHERE \(TableNames.thisConversation) AND is_branched AND head IS NULL AND NOT \(branches.hasJumps)
            """)
    }
}
