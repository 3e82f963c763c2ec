import ChatStorageCore

/// The statements that read pages of a path of a conversation that may have branched, and how their answers are read.
///
/// They go back from the path's end by runs: from a message to the last jump at or before it, then on from its parent.
/// Each step goes to a lower sequence, whatever is stored, so the recursion ends.
struct MessagePath: Sendable {
    private let names: TableNames
    private let branches: BranchSQL

    init(_ names: TableNames) {
        self.names = names
        branches = BranchSQL(names: names)
    }

    static let damage = ChatStorageError(
        .damaged, "a conversation's branches are not as the library writes them: a predecessor or the head is not there"
    )

    /// Why a page cannot be read; a row of the answer has its number.
    private enum Problem: Int64 {
        /// The message that ends the path is not there.
        case noEnd = 1
        /// A predecessor is not there, or not before the message that follows it.
        case damage = 2
        /// The message that the page begins after is not on the path.
        case offPath = 3
    }

    /// The parameters of all: tenant and conversation, how many messages at most, the path's end (NULL: the head), the
    /// states (NULL: all) and the page's bound, if it has one.
    private static let types: [ParameterType] = [.text, .text, .bigint, .bigint, .textArray]

    /// Appends those values.
    static func append(_ query: MessageQuery, to values: inout Parameters) {
        values.append(Int64(clamping: query.limit))
        if case .through(let sequence) = query.path { values.append(sequence) } else { values.append(nil as Int64?) }
        values.append(textsOrNull: query.states == .all ? nil : MessagePages.names(query.states))
        // No message has a sequence below 1, and the statement could not subtract 1 from the lowest number.
        if let bound = query.position.lowerBound ?? query.position.upperBound { values.append(max(bound, 0)) }
    }

    private static let isShown = "($5 IS NULL OR \(MessagePages.condition("x.state", in: "$5")))"
    /// The path's end, `through`, from the conversation's row `c`; it is computed once.
    private var end: String { "(SELECT coalesce($4, c.head, \(branches.newest), 0) AS through OFFSET 0)" }
    /// The end of the path as a page reports it: only if the conversation has branched or the end was given.
    private static let through = "CASE WHEN c.is_branched OR $4 IS NOT NULL THEN s.through END"

    private func problem(_ problem: Problem, if condition: String, else other: String = "NULL::bigint") -> String {
        "CASE WHEN \(condition) THEN \(problem.rawValue)::bigint ELSE \(other) END"
    }

    /// Whether a step from a run went wrong: the run begins at `high`, and `j` is its jump.
    private func isBroken(_ high: String) -> String {
        "j.parent NOT BETWEEN 0 AND j.sequence - 1 OR \(high) > 0 AND \(branches.message(high, "f.sequence")) IS NULL"
    }

    // MARK: Backward

    /// The path's last messages.
    var last: PreparedSQL {
        back(
            "path_last", [], start: "SELECT e.through, e.through AS start FROM \(end) AS e",
            problem: problem(
                .noEnd, if: "s.through > 0 AND NOT \(branches.has("s.through"))",
                else: problem(.damage, if: "j.parent NOT BETWEEN 0 AND j.sequence - 1")),
            range: "x.sequence >= seg.low AND x.sequence <= seg.high")
    }

    /// The last messages before a bound: a stored message's predecessors, whatever the path, or else those on the path.
    var before: PreparedSQL {
        back(
            "path_before", [.bigint],
            start: """
                SELECT e.through, f.parent, f.sequence,
                    CASE WHEN f.sequence IS NULL THEN e.through ELSE \(branches.predecessor(of: "f")) END AS start
                FROM \(end) AS e LEFT JOIN \(branches.message("$6")) AS f ON true OFFSET 0
                """,
            problem: problem(
                .noEnd, if: "s.through > 0 AND NOT \(branches.has("s.through"))",
                else: problem(.damage, if: "s.parent NOT BETWEEN 0 AND s.sequence - 1 OR \(isBroken("s.start"))")),
            range: "x.sequence >= seg.low AND x.sequence <= least(seg.high, $6 - 1)")
    }

    /// Each row has a message, or none if its run has none to show; the first run's rows say where the path ends.
    ///
    /// - Parameters:
    ///   - start: Gives `through`, the path's end, and `start`, the message from which to go back.
    ///   - problem: The SQL for the problem of the first run.
    ///   - range: The condition for the messages `x` of the run `seg`.
    private func back(
        _ name: String, _ more: [ParameterType], start: String, problem: String, range: String
    ) -> PreparedSQL {
        let messages = "\(names.messages) AS x WHERE \(names.messages(of: "x")) AND \(range) AND \(Self.isShown)"
        return names.statement(
            name, Self.types + more,
            """
            WITH RECURSIVE seg AS (
                SELECT s.start AS high, coalesce(j.sequence, 0) AS low, j.parent AS next, $3 AS need,
                    \(Self.through) AS through, \(problem) AS problem
                FROM \(names.conversations) AS c CROSS JOIN LATERAL (\(start)) AS s
                LEFT JOIN LATERAL \(branches.jump(notAfter: "s.start")) AS j ON true
                WHERE \(names.messages(of: "c"))
                UNION ALL
                SELECT seg.next, coalesce(j.sequence, 0), j.parent, seg.need - got.n, NULL,
                    \(self.problem(.damage, if: isBroken("seg.next")))
                FROM seg CROSS JOIN LATERAL (
                    SELECT count(*) AS n FROM (SELECT FROM \(messages) LIMIT seg.need) AS counted) AS got
                LEFT JOIN LATERAL \(branches.jump(notAfter: "seg.next")) AS j ON true
                WHERE seg.next > 0 AND seg.next < seg.low AND seg.need > got.n)
            SELECT \(MessageTable.columns.map { "m.\($0)" }.joined(separator: ", ")), seg.through, seg.problem
            FROM seg LEFT JOIN LATERAL (
                SELECT \(MessageTable.columnList) FROM \(messages) ORDER BY x.sequence DESC LIMIT seg.need) AS m ON true
            """)
    }

    // MARK: Forward

    /// The path's first messages after a bound.
    ///
    /// The first row says where the path ends.
    var after: PreparedSQL {
        names.statement(
            "path_after", Self.types + [.bigint],
            """
            WITH RECURSIVE s AS MATERIALIZED (
                SELECT c.is_branched, e.through
                FROM \(names.conversations) AS c CROSS JOIN LATERAL \(end) AS e WHERE \(names.messages(of: "c"))),
            seg AS (
                SELECT s.through AS high, coalesce(j.sequence, 0) AS low, j.parent AS next,
                    \(isBroken("s.through")) AS is_broken
                FROM s LEFT JOIN LATERAL \(branches.jump(notAfter: "s.through")) AS j ON true
                WHERE s.through > $6
                UNION ALL
                SELECT seg.next, coalesce(j.sequence, 0), j.parent, \(isBroken("seg.next"))
                FROM seg LEFT JOIN LATERAL \(branches.jump(notAfter: "seg.next")) AS j ON true
                WHERE seg.next > $6 AND seg.next < seg.low)
            SELECT \(MessageTable.nulls), \(Self.through.replacing("c.", with: "s.")),
                \(problem(
                    .noEnd, if: "s.through > 0 AND NOT \(branches.has("s.through"))",
                    else: problem(
                        .damage, if: "(SELECT bool_or(seg.is_broken) FROM seg)",
                        else: problem(
                            .offPath, if: """
                                s.is_branched AND $6 > 0 AND $6 <> s.through AND \(branches.has("$6")) AND NOT EXISTS (
                                    SELECT FROM seg WHERE $6 BETWEEN seg.low AND seg.high OR seg.next = $6)
                                """))))
            FROM s
            UNION ALL
            (SELECT \(MessageTable.columns.map { "m.\($0)" }.joined(separator: ", ")), NULL, NULL
            FROM (SELECT * FROM seg ORDER BY low OFFSET 0) AS seg CROSS JOIN LATERAL (
                SELECT \(MessageTable.columnList) FROM \(names.messages) AS x WHERE \(names.messages(of: "x"))
                    AND x.sequence > $6 AND x.sequence >= seg.low AND x.sequence <= seg.high AND \(Self.isShown)
                ORDER BY x.sequence LIMIT $3) AS m
            LIMIT $3)
            """)
    }

    // MARK: Answers

    /// Reads a page from a statement's answer.
    static func page(_ result: QueryResult, of query: MessageQuery) throws -> MessagePage {
        let first = Int32(MessageTable.columns.count)
        var through: Int64?
        for row in result.rows {
            if !row.isNull(first + 1) { throw error(try row.int64(first + 1), query) }
            if through == nil, !row.isNull(first) { through = try row.int64(first, atLeast: 0) }
        }
        let messages = try MessageTable.messages(result.rows.filter { !$0.isNull(0) }, of: query.conversationID)
        return MessagePage(messages, for: query, through: through)
    }

    private static func error(_ problem: Int64, _ query: MessageQuery) -> ChatStorageError {
        switch Problem(rawValue: problem) {
        case .noEnd:
            guard case .through = query.path else { return damage }
            return ChatStorageError(.messageNotFound, "the message that ends the path does not exist")
        case .offPath:
            return ChatStorageError(.conflict, "the message that the page begins after is not on the path")
        case .damage, nil: return damage
        }
    }
}
