import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// The statements' plans, as the server makes them without knowing the values.
@Suite struct QueryPlanTests {
    @Test func pagesAreReadFromAnIndex() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            try await backend.close()
            try await TestPostgres.execute(
                """
                INSERT INTO \(schema).conversations
                SELECT '', 'c' || i, NULL, now(), '2026-01-01'::timestamptz + i / 50 * interval '1 s', 20
                FROM generate_series(1, 5000) i;
                INSERT INTO \(schema).chat_messages
                SELECT '', 'c' || i % 100 + 1, i / 100, 'user', 'x', now() FROM generate_series(100, 50000) i;
                ANALYZE \(schema).conversations, \(schema).chat_messages
                """)
            let statements = Statements(SchemaName(name: schema))
            for statement in [statements.lastMessages, statements.messagesBefore, statements.messagesAfter] {
                let plan = try await plan(statement)
                #expect(plan.contains("using chat_messages_pkey"), "\(plan)")
                #expect(!plan.contains("Seq Scan") && !plan.contains("Sort"), "\(plan)")
            }
            let first = try await plan(statements.firstConversations)
            #expect(first.contains("using conversations_recency"), "\(first)")
            #expect(!first.contains("Seq Scan") && !first.contains("Sort"), "\(first)")
            // Both ranges are read from the index up to the limit; only the tie's rows are put in order once more.
            let next = try await plan(statements.nextConversations)
            #expect(next.components(separatedBy: "using conversations_recency").count == 3, "\(next)")
            #expect(next.contains("updated_at = $2") && next.contains("updated_at < $2"), "\(next)")
            #expect(!next.contains("Seq Scan") && !next.contains("Filter"), "\(next)")
        }
    }

    private func plan(_ statement: Statement) async throws -> String {
        let (types, values) = statement.parameters.reduce(into: ([String](), [String]())) { lists, type in
            switch type {
            case .bigint: lists.0.append("bigint"); lists.1.append("51")
            case .timestamptz: lists.0.append("timestamptz"); lists.1.append("'2026-01-01 00:00:30'")
            default: lists.0.append("text"); lists.1.append("'c1'")
            }
        }
        let rows = try await TestPostgres.execute(
            """
            SET plan_cache_mode = force_generic_plan; PREPARE q (\(types.joined(separator: ", "))) AS \(statement.sql);
            EXPLAIN EXECUTE q (\(values.joined(separator: ", ")))
            """)
        return rows.map { $0.first.flatMap { $0 } ?? "" }.joined(separator: "\n")
    }
}
