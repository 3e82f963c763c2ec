import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// What removals from large trees cost the server: rows as many as the tree has, not as its square.
@Suite(.timeLimit(.minutes(5))) struct RemovalCostTests {
    private static let count: Int64 = 2_000

    /// Trees of messages, and what is removed from each.
    enum Shape: CaseIterable {
        /// Two branches whose messages alternate, of which one goes.
        case twoBranches
        /// A question of many answers, which goes.
        case manyAnswers

        func predecessor(of sequence: Int64) -> Int64 {
            switch self {
            case .twoBranches: max(0, sequence - 2)
            case .manyAnswers: min(1, sequence - 1)
            }
        }

        var selection: MessageRemoval.Selection {
            switch self {
            case .twoBranches: .from(1)
            case .manyAnswers: .messages([1])
            }
        }

        var removed: Int64 { self == .twoBranches ? RemovalCostTests.count / 2 : 1 }
    }

    /// Whatever the server expects: its other conversations may be short, and may have branched.
    @Test(arguments: Shape.allCases, [false, true])
    func removalsReadEachRowAFewTimes(_ shape: Shape, amongBranchedConversations: Bool) async throws {
        try await withTree(shape) { backend, session, schema in
            if amongBranchedConversations {
                try session.execute(
                    """
                    INSERT INTO \(schema).conversations
                    SELECT 't' || i, 'c' || i, NULL, now(), now(), 300 FROM generate_series(1, 200) AS i;
                    INSERT INTO \(schema).chat_messages
                        (tenant, conversation_id, sequence, role, content, created_at, parent)
                    SELECT 't' || i, 'c' || i, n, 'user', 'x', now(), CASE WHEN n % 2 = 0 THEN 0 END
                    FROM generate_series(1, 200) AS i, generate_series(1, 300) AS n
                    """)
            }
            try session.execute("ANALYZE \(schema).conversations, \(schema).chat_messages")
            let statements = Statements(SchemaName(name: schema))
            let look = try rows(statements.lookForRemoval, "'{1}'", in: session)
            #expect((Self.count..<20 * Self.count).contains(look), "\(look)")
            let values = try await removal(shape, of: backend)
            let write = try rows(statements.removeBranched, values, in: session)
            #expect((Self.count..<20 * Self.count).contains(write), "\(write)")

            #expect(try await backend.removeMessages(MessageRemoval(shape.selection, of: "c")) == shape.removed)
            let left = try session.execute(
                "SELECT count(*), count(parent) FROM \(schema).chat_messages WHERE conversation_id = 'c'")
            // Without the question each answer follows nothing, and the rows of all but the first must say so. A branch
            // that is left alone has no jump.
            let jumps = shape == .twoBranches ? 0 : Self.count - shape.removed - 1
            #expect(left == [["\(Self.count - shape.removed)", "\(jumps)"]])
            #expect(try await backend.conversation("c")?.isBranched == (jumps > 0))
            #expect(try await backend.conversation("c")?.messageCount == Int(Self.count - shape.removed))
        }
    }

    /// Another session's append, removal, clear or head came in between.
    @Test(
        "a removal from a conversation that has changed since the look does nothing",
        arguments: [
            "last_sequence = last_sequence + 1", "message_count = message_count - 1", "cleared_through = 1", "head = 3",
            "created_at = created_at - interval '1 s'",
        ])
    func aRemovalFromAConversation(change: String) async throws {
        try await withTree(.twoBranches) { backend, session, schema in
            let statement = Statements(SchemaName(name: schema)).removeBranched
            let values = try await removal(.twoBranches, of: backend)
            try session.execute("PREPARE q (\(types(statement))) AS \(statement.sql)")
            try session.execute("BEGIN; UPDATE \(schema).conversations SET \(change)")
            #expect(try session.execute("EXECUTE q ('', 'c', \(values))").isEmpty)
            #expect(try session.execute("SELECT count(*) FROM \(schema).chat_messages") == [["\(Self.count)"]])
            try session.execute("ROLLBACK")
            #expect(try session.execute("EXECUTE q ('', 'c', \(values))") == [["\(Self.count / 2)"]])
        }
    }

    /// The values of the statement that removes, after the tenant and the conversation.
    private func removal(_ shape: Shape, of backend: PostgresBackend) async throws -> String {
        let conversation = try #require(try await backend.conversation("c"))
        let look = RemovalLook(
            conversation: LookedConversation(
                createdAt: conversation.createdAt, lastSequence: Self.count, messageCount: Self.count,
                clearedThrough: 0, head: nil),
            newest: Self.count, given: [RemovalLook.Given(sequence: 1, predecessor: 0, below: 0, above: 2)],
            jumps: (2...Self.count).compactMap { sequence in
                let predecessor = shape.predecessor(of: sequence)
                return predecessor == sequence - 1
                    ? nil : RemovalLook.Jump(sequence: sequence, predecessor: predecessor, below: sequence - 1)
            })
        let removal = try #require(BranchedRemoval(look, withDescendants: shape == .twoBranches))
        func array(_ numbers: [Int64]) -> String { "'{\(numbers.map(String.init).joined(separator: ","))}'" }
        return [
            "'epoch'::timestamptz + interval '\(conversation.createdAt.microsecondsSinceEpoch) us'", "\(Self.count)",
            "\(Self.count)", "0", "NULL", array(removal.ranges.map(\.lowerBound)),
            array(removal.ranges.map(\.upperBound)), array(removal.moved.map(\.sequence)),
            array(removal.moved.map { $0.parent ?? -1 }), removal.head.map { "\($0)" } ?? "NULL",
            "\(removal.isBranched)",
        ].joined(separator: ", ")
    }

    private func types(_ statement: PreparedSQL) -> String {
        statement.parameters.map(\.typeName).joined(separator: ", ")
    }

    /// How many rows the nodes of a statement's plan give or leave out, as sessions of the library plan it.
    private func rows(_ statement: PreparedSQL, _ values: String, in session: TestPostgresConnection) throws -> Int64 {
        try session.execute(
            """
            SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
            DEALLOCATE ALL; PREPARE q (\(types(statement))) AS \(statement.sql); BEGIN
            """)
        let answer = try session.execute("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE q ('', 'c', \(values))")
        try session.execute("ROLLBACK")
        let text = try #require(answer.first?.first ?? nil)
        let plans = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        return rows(in: try #require(plans?.first?["Plan"] as? [String: Any]))
    }

    private func rows(in node: [String: Any]) -> Int64 {
        let loops = (node["Actual Loops"] as? NSNumber)?.doubleValue ?? 0
        let rows = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter"].reduce(0) { sum, name in
            sum + ((node[name] as? NSNumber)?.doubleValue ?? 0)
        }
        let below = node["Plans"] as? [[String: Any]] ?? []
        return Int64(rows * loops) + below.reduce(0) { $0 + self.rows(in: $1) }
    }

    private func withTree(
        _ shape: Shape,
        _ body: (_ backend: PostgresBackend, _ session: TestPostgresConnection, _ schema: String) async throws -> Void
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            let now = Timestamp.now()
            let messages = (1...Self.count).map { sequence in
                ConversationSnapshot.Message(
                    sequence: sequence, body: .user("m"), createdAt: now, predecessor: shape.predecessor(of: sequence))
            }
            try await backend.restoreConversation(
                ConversationSnapshot(id: "c", createdAt: now, updatedAt: now, messages: messages))
            try await body(backend, try TestPostgresConnection(url: url), schema)
            try await backend.close()
        }
    }
}
