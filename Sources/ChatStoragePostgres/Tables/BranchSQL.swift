import ChatStorageCore

/// Parts of the statements about conversations that have branched.
///
/// A message whose `parent` is NULL follows the stored message of the next lower sequence; any other is a *jump*. Jumps
/// cut the messages into runs, so a path is a few ranges of sequences, however long it is.
struct BranchSQL: Sendable {
    let names: TableNames
    /// The conversation's id.
    var id = "$2"

    /// The message of the highest sequence; NULL for none.
    var newest: String {
        "(SELECT n.sequence FROM \(names.messages) AS n WHERE \(names.messages(of: "n", id: id)) "
            + "ORDER BY n.sequence DESC LIMIT 1)"
    }

    /// The message of the next lower sequence; NULL for none.
    func before(_ sequence: String) -> String {
        "(SELECT b.sequence FROM \(names.messages) AS b WHERE \(names.messages(of: "b", id: id)) "
            + "AND b.sequence < \(sequence) ORDER BY b.sequence DESC LIMIT 1)"
    }

    /// A message's columns, one row or none.
    func message(_ sequence: String, _ columns: String = "f.sequence, f.parent") -> String {
        "(SELECT \(columns) FROM \(names.messages) AS f WHERE \(names.messages(of: "f", id: id)) "
            + "AND f.sequence = \(sequence) LIMIT 1)"
    }

    /// Whether a message exists; not by EXISTS, for which a planner may read all messages at once.
    func has(_ sequence: String) -> String { "\(message(sequence, "f.sequence")) IS NOT NULL" }

    /// The message that a stored one follows, 0 for none.
    func predecessor(of row: String) -> String {
        "coalesce(\(row).parent, \(before("\(row).sequence")), 0)"
    }

    /// The last jump at or before a message, one row or none.
    func jump(notAfter sequence: String) -> String {
        "(SELECT j.sequence, j.parent FROM \(names.messages) AS j WHERE \(names.jumps(of: "j", id: id)) "
            + "AND j.sequence <= \(sequence) ORDER BY j.sequence DESC LIMIT 1)"
    }

    /// Whether there is any jump.
    var hasJumps: String { "EXISTS (SELECT FROM \(names.messages) AS j WHERE \(names.jumps(of: "j", id: id)))" }

    /// The runs of a message and its descendants: `d`, each from its first sequence `low` to before `high`, which is
    /// NULL for the very last run.
    ///
    /// A jump's run begins with the jump, and belongs to the run that has its parent. Each run is reached once, from an
    /// earlier one, so the recursion ends whatever is stored. The jumps come in arrays, for which a planner expects
    /// several elements: if it expected a single jump, it would compare each run with each jump.
    ///
    /// - Parameter sequence: The message.
    func descendants(of sequence: String) -> String {
        func jumps(_ column: String) -> String {
            "ARRAY(SELECT j.\(column) FROM \(names.messages) AS j WHERE \(names.jumps(of: "j")) ORDER BY j.sequence)"
        }
        return """
            jumps AS MATERIALIZED (
                SELECT j.sequence, j.parent, coalesce(r.sequence, 0) AS run,
                    lead(j.sequence) OVER (ORDER BY j.sequence) AS high
                FROM unnest(\(jumps("sequence")), \(jumps("parent"))) AS j (sequence, parent)
                LEFT JOIN LATERAL \(jump(notAfter: "j.parent", as: "r")) AS r ON true),
            top AS MATERIALIZED (
                SELECT m.sequence, \(predecessor(of: "m")) AS predecessor, coalesce(r.sequence, 0) AS run
                FROM \(message(sequence)) AS m LEFT JOIN LATERAL \(jump(notAfter: "m.sequence", as: "r")) AS r ON true),
            d AS (
                SELECT top.sequence AS low, (SELECT min(jumps.sequence) FROM jumps WHERE jumps.sequence > top.sequence) AS high,
                    top.run
                FROM top
                UNION ALL
                SELECT jumps.sequence, jumps.high, jumps.sequence
                FROM d JOIN jumps ON jumps.run = d.run AND jumps.parent >= d.low AND jumps.parent < jumps.sequence)
            """
    }

    private func jump(notAfter sequence: String, as table: String) -> String {
        "(SELECT \(table).sequence FROM \(names.messages) AS \(table) WHERE \(names.jumps(of: table, id: id)) "
            + "AND \(table).sequence <= \(sequence) ORDER BY \(table).sequence DESC LIMIT 1)"
    }

    /// Locks a conversation's row, so that a statement after it in the same transaction sees all that was written
    /// before.
    var lock: PreparedSQL {
        names.statement(
            "lock_conversation", [.text, .text],
            "SELECT 1::bigint FROM \(names.conversations) WHERE \(TableNames.thisConversation) FOR NO KEY UPDATE")
    }

    /// The names of the columns of ``LookedConversation``.
    static let looked = LookedConversation.columns.columns.map(\.name)

    /// Whether a row that is written is still the one that was read.
    ///
    /// It is, if the statement before has locked it. But that statement locks nothing if the conversation is deleted at
    /// that moment. If the conversation is then created again, this statement sees the row unlocked: its write could
    /// wait, and then use the new row but older messages. With this condition it writes nothing.
    ///
    /// - Parameters:
    ///   - row: The row that is written.
    ///   - look: The row in the statement's snapshot.
    static func isAsLooked(_ row: String, _ look: String) -> String {
        looked.map { "\(row).\($0) IS NOT DISTINCT FROM \(look).\($0)" }.joined(separator: " AND ")
    }

    // MARK: Forks

    /// Reads all jumps, each with the stored messages before it and after its parent, and the newest message.
    var forks: PreparedSQL {
        names.statement(
            "forks", [.text, .text],
            """
            SELECT x.sequence, x.parent, \(before("x.sequence")),
                (SELECT a.sequence FROM \(names.messages) AS a WHERE \(names.messages(of: "a"))
                    AND a.sequence > x.parent ORDER BY a.sequence LIMIT 1),
                x.parent = 0 OR \(has("x.parent")), \(newest)
            FROM \(names.messages) AS x WHERE \(names.jumps(of: "x")) ORDER BY x.sequence
            """)
    }

    /// Reads the answer of ``forks``.
    static func forks(_ result: QueryResult) throws -> [Fork] {
        guard let first = result.rows.first else { return [] }
        let jumps = try result.rows.map { row in
            let (sequence, parent) = (try row.int64(0, atLeast: 1), try row.int64(1, atLeast: 0))
            guard parent < sequence, try row.bool(4) else { throw MessagePath.damage }
            return MessageTree.Jump(
                sequence: sequence, predecessor: parent, before: row.isNull(2) ? 0 : try row.int64(2),
                afterPredecessor: try row.int64(3))
        }
        return MessageTree(jumps, newest: try first.int64(5)).forks
    }
}
