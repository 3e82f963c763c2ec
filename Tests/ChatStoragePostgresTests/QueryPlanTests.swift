import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// The plans of all statements, as the server makes them without knowing the values.
@Suite struct QueryPlanTests {
    /// Which rows a statement must put in order itself, by their number of sorts; all others read an index in its order.
    private static let sorts = [
        // Those tied with the page's start and the older ones come from two ranges of the index.
        "next_conversations": 1,
        // The rows are locked in the order of the key, then numbered in it.
        "merged_append": 2,
    ]

    private static let indexScans = ["Index Scan", "Index Only Scan", "Bitmap Heap Scan"]

    /// With the server's own costs, and as sessions of the library plan.
    @Test(arguments: ["", "SET enable_seqscan = off; SET enable_bitmapscan = off;"])
    func everyStatementUsesAnIndexAndSortsOnlyWhatItMust(settings: String) async throws {
        try await withRows { schema in
            let statements = try allStatements(schema)
            #expect(statements.count >= 20)
            for statement in statements {
                let nodes = try await plan(statement, settings)
                let name = try #require(statement.name)
                let scans = nodes.filter { ["conversations", "chat_messages"].contains($0.relation) && $0.isScan }
                for scan in scans {
                    #expect(Self.indexScans.contains(scan.type), "\(name): \(nodes)")
                    #expect(scan.condition.contains("tenant = $"), "\(name): \(nodes)")
                }
                let allowed = Self.sorts.first { name.hasSuffix($0.key) }?.value ?? 0
                #expect(nodes.count { $0.type.hasSuffix("Sort") } <= allowed, "\(name): \(nodes)")
            }
        }
    }

    @Test func pagesAreRangesOfOneIndex() async throws {
        try await withRows { schema in
            let statements = Statements(SchemaName(name: schema))
            for statement in [statements.lastMessages, statements.messagesBefore, statements.messagesAfter] {
                let scans = try await plan(statement).filter(\.isScan)
                #expect(scans.map(\.index) == ["chat_messages_pkey"])
                #expect(scans.allSatisfy { !$0.isFiltered })
            }
            let first = try await plan(statements.firstConversations).filter(\.isScan)
            #expect(first.map(\.index) == ["conversations_recency"])
            let next = try await plan(statements.nextConversations).filter { $0.isScan && !$0.index.isEmpty }
            #expect(next.map(\.index) == ["conversations_recency", "conversations_recency"])
            #expect(next.contains { $0.condition.contains("updated_at = $2") })
            #expect(next.contains { $0.condition.contains("updated_at < $2") })
            #expect(next.allSatisfy { !$0.isFiltered })
        }
    }

    /// Looking for keys costs what the append has, however long the conversation is.
    @Test func keysAreLookedUpInTheirIndexAndOthersByTheirPlace() async throws {
        try await withRows { schema in
            let statements = Statements(SchemaName(name: schema))
            for statement in [statements.keyedAppend, statements.keyedAppendIfExists, statements.appendIfUnchanged] {
                let scans = try await plan(statement).filter { $0.isScan && $0.relation == "chat_messages" }
                #expect(scans.map(\.index).sorted() == ["chat_messages_key", "chat_messages_pkey"], "\(scans)")
                #expect(scans.contains { $0.condition.contains("message_key = ANY ($5)") }, "\(scans)")
                #expect(
                    scans.contains { $0.condition.contains("sequence > ") && $0.condition.contains("sequence <= ") })
            }
        }
    }

    /// A merged append joins its messages with its conversations in one pass, not each with each.
    @Test func aMergedAppendJoinsByHash() async throws {
        try await withRows { schema in
            let nodes = try await plan(Statements(SchemaName(name: schema)).mergedAppend)
            #expect(
                nodes.contains { $0.type == "Hash Join" } && !nodes.contains { $0.type == "Nested Loop" }, "\(nodes)")
        }
    }

    @Test func sessionsPlanOnce() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            try await TestPostgres.execute(
                "ALTER TABLE \(schema).conversations ALTER title SET DEFAULT current_setting('plan_cache_mode')")
            // A column's default is computed in the session that inserts.
            try await backend.append(.user("x"), to: "c")
            #expect(try await backend.conversation("c")?.title == "force_generic_plan")
            try await backend.close()
        }
    }

    /// Every statement, from the object's properties, so that none can be forgotten.
    private func allStatements(_ schema: String) throws -> [Statement] {
        let children = Mirror(reflecting: Statements(SchemaName(name: schema))).children
        let statements = children.compactMap { $0.value as? Statement }
        #expect(statements.count == children.count)
        return statements
    }

    private func withRows(_ body: (_ schema: String) async throws -> Void) async throws {
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
                SELECT '', 'c' || i % 100 + 1, i / 100, 'user', 'x', now(), CASE WHEN i % 3 = 0 THEN 'k' || i END
                FROM generate_series(100, 50000) i;
                ANALYZE \(schema).conversations, \(schema).chat_messages
                """)
            try await body(schema)
        }
    }

    private func plan(_ statement: Statement, _ settings: String = "") async throws -> [PlanNode] {
        let types = statement.parameters.map(\.typeName).joined(separator: ", ")
        let values = statement.parameters.map(\.example).joined(separator: ", ")
        let rows = try await TestPostgres.execute(
            """
            SET plan_cache_mode = force_generic_plan; \(settings)
            PREPARE q (\(types)) AS \(statement.sql);
            EXPLAIN (FORMAT JSON) EXECUTE q (\(values))
            """)
        let text = try #require(rows.first?.first ?? nil)
        let plans = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        return PlanNode.all(in: try #require(plans?.first?["Plan"] as? [String: Any]))
    }
}

/// A node of a plan, with what is below it after it.
private struct PlanNode: CustomStringConvertible {
    let type: String
    let relation: String
    let index: String
    let condition: String
    let isFiltered: Bool

    var isScan: Bool { type.hasSuffix("Scan") && !relation.isEmpty }

    var description: String { "\(type) \(relation) \(index) \(condition)" }

    static func all(in plan: [String: Any]) -> [PlanNode] {
        let below = plan["Plans"] as? [[String: Any]] ?? []
        let node = PlanNode(
            type: plan["Node Type"] as? String ?? "", relation: plan["Relation Name"] as? String ?? "",
            index: plan["Index Name"] as? String ?? "",
            condition: plan["Index Cond"] as? String ?? plan["Recheck Cond"] as? String ?? "",
            isFiltered: plan["Filter"] != nil)
        return [node] + below.flatMap(all)
    }
}

extension ParameterType {
    fileprivate var typeName: String {
        switch self {
        case .bigint: "bigint"
        case .text: "text"
        case .textArray: "text[]"
        case .bigintArray: "bigint[]"
        case .timestamptz: "timestamptz"
        case .timestamptzArray: "timestamptz[]"
        }
    }

    fileprivate var example: String {
        switch self {
        case .bigint: "51"
        case .text: "'c1'"
        case .textArray: "'{c1}'"
        case .bigintArray: "'{1}'"
        case .timestamptz: "'2026-01-01 00:00:30'"
        case .timestamptzArray: "'{2026-01-01}'"
        }
    }
}
