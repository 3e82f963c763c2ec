import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// The plans of all statements, as the server makes them without knowing the values.
@Suite struct QueryPlanTests {
    /// How many sorts each of these statements needs, and of which rows; all others read an index in its order.
    private static let sorts = [
        // Those tied with the page's start and the older ones come from two ranges of the index.
        "next_conversations": 1,
        "walk_first": sortsOfPreview, "walk_label_first": sortsOfPreview, "previews_first": sortsOfPreview,
        "walk_next": 1 + sortsOfPreview, "walk_label_next": 1 + sortsOfPreview, "previews_next": 1 + sortsOfPreview,
        // The runs of a path, from its beginning.
        "path_after": 1, "change_head": 2,
        // The rows are locked in the order of the key, then numbered in it.
        "merged_append": 2, "merged_append_with_parts": 2,
        // What is looked up once each, and then put in order.
        "messages_of_keys": 2, "messages_of_sequences": 2,
    ]

    /// A path's last messages come by runs, and are put in order once more.
    private static let sortsOfPreview = 1

    private static let pinned = "SET enable_seqscan = off; SET enable_bitmapscan = off;"
    /// On a solid-state disk a jump costs about as much as the next page.
    private static let solidState = pinned + "SET random_page_cost = 1.1;"

    /// What the planner knows of the rows that are there.
    enum Statistics: String, CaseIterable {
        /// Some long conversations of one tenant.
        case long
        /// A message a conversation, a conversation a tenant, and the tables' keys larger than their other indexes.
        case shortWithLargeKeys
        /// The same, and the other indexes larger.
        case shortWithSmallKeys
        /// Long conversations, of which the server has counted nothing yet.
        case uncounted
        /// Long conversations, every fifth message of which makes a branch.
        case branched
        /// The tables are empty when the statements are planned.
        case none
    }

    private static let indexScans = ["Index Scan", "Index Only Scan", "Bitmap Heap Scan"]

    /// With the server's own costs, and as sessions of the library plan; for the usual statements, and for those that
    /// also name the tenant in the form that an engine which distributes the tables needs.
    @Test(arguments: ["", pinned], [false, true])
    func everyStatementUsesAnIndexAndSortsOnlyWhatItMust(settings: String, isDistributed: Bool) async throws {
        try await withRows { schema in
            let statements = Statements(SchemaName(name: schema), isDistributed: isDistributed).all
            #expect(statements.count >= 35)
            for statement in statements {
                let nodes = try await plan(statement, settings)
                let name = try #require(statement.name)
                let scans = nodes.filter {
                    ["conversations", "chat_messages", "conversation_labels"].contains($0.relation) && $0.isScan
                }
                for scan in scans {
                    #expect(Self.indexScans.contains(scan.type), "\(name): \(nodes)")
                    #expect(
                        scan.condition.contains("tenant = $") || scan.condition.contains("(tenant)::text = $")
                            || scan.condition.contains("tenant = ($1)::text"),
                        "\(name): \(nodes)")
                }
                let allowed = Self.sorts.first { name.hasSuffix($0.key) }?.value ?? 0
                #expect(nodes.count { $0.type.hasSuffix("Sort") } <= allowed, "\(name): \(nodes)")
            }
        }
    }

    @Test(arguments: Statistics.allCases, [pinned, solidState])
    func pagesAreRangesOfOneIndex(statistics: Statistics, settings: String) async throws {
        try await withRows(statistics) { schema in
            let statements = Statements(SchemaName(name: schema))
            for statement in statements.pagesOfAll.statements {
                let scans = try await plan(statement, settings).filter(\.isScan)
                #expect(scans.map(\.index) == ["chat_messages_pkey"])
                #expect(scans.allSatisfy { $0.filter.isEmpty || $0.filter.contains("state") })
            }
            for statement in statements.pagesOfCurrent.statements {
                let scans = try await plan(statement, settings).filter(\.isScan)
                #expect(scans.map(\.index) == ["conversations_pkey", "chat_messages_pkey"])
                #expect(scans.allSatisfy { $0.filter.isEmpty || $0.filter.contains("state") })
            }
            let first = try await plan(statements.firstConversations, settings)
            #expect(first.filter(\.isScan).map(\.index) == ["conversations_newest_first"], "\(first)")
            #expect(!first.contains { $0.type == "Sort" }, "\(first)")
            let next = try await plan(statements.nextConversations, settings).filter { $0.isScan && !$0.index.isEmpty }
            #expect(next.map(\.index) == ["conversations_newest_first", "conversations_newest_first"], "\(next)")
            let tied = next.first { $0.condition.contains("updated_at = $2") }
            #expect(tied?.condition.contains("(conversation_id)::text > $3") == true, "\(next)")
            #expect(next.contains { $0.condition.contains("updated_at < $2") }, "\(next)")
            #expect((first.filter(\.isScan) + next).allSatisfy { $0.filter.isEmpty }, "\(next)")
        }
    }

    /// Lists by labels and with previews go by one index in its order, and look up the rest by keys.
    @Test(arguments: Statistics.allCases, [pinned, solidState])
    func walksFollowOneIndex(statistics: Statistics, settings: String) async throws {
        try await withRows(statistics) { schema in
            let statements = Statements(SchemaName(name: schema))
            for (statement, walked, ranges) in [
                (statements.previewsFirst, "conversations_newest_first", 1),
                (statements.previewsNext, "conversations_newest_first", 2),
                (statements.walkFirst, "conversations_newest_first", 1),
                (statements.walkNext, "conversations_newest_first", 2),
                (statements.walkLabelFirst, "conversation_labels_newest_first", 1),
                (statements.walkLabelNext, "conversation_labels_newest_first", 2),
            ] {
                let nodes = try await plan(statement, settings)
                let scans = nodes.filter { $0.isScan && !$0.index.isEmpty }
                let name = statement.name ?? ""
                #expect(scans.filter { $0.index == walked }.count == ranges, "\(name): \(nodes)")
                let others = scans.filter { $0.index != walked }.map(\.index)
                let looksUp = walked == "conversation_labels_newest_first"
                #expect(others.count { $0 == "conversations_pkey" } == (looksUp ? ranges : 0), "\(name): \(nodes)")
                // A preview looks at the path's last message, then at the last ones, then at the path where it
                // branched.
                let previews = ["chat_messages_pkey", "chat_messages_branches"]
                #expect(
                    Set(others).subtracting(["conversations_pkey"]) == Set(previews), "\(name): \(nodes)")
                #expect(
                    scans.allSatisfy { $0.filter.isEmpty || $0.filter.hasPrefix("(content <> ") }, "\(name): \(nodes)")
                // Those tied with the page's start are sorted, and the walk goes on as the index does.
                let sorts = nodes.count { $0.type == "Sort" } - Self.sortsOfPreview
                #expect(sorts == ranges - 1, "\(name): \(nodes)")
                #expect(!nodes.contains { ["Hash Join", "Merge Join"].contains($0.type) }, "\(name): \(nodes)")
                #expect(ranges == 1 || nodes.contains { $0.type == "Merge Append" }, "\(name): \(nodes)")
            }
        }
    }

    @Test(arguments: Statistics.allCases, [pinned, solidState])
    func messagesAreLookedUpInTheirIndexes(statistics: Statistics, settings: String) async throws {
        try await withRows(statistics) { schema in
            let statements = Statements(SchemaName(name: schema))
            for (statement, index) in [
                (statements.messagesOfSequences, "chat_messages_pkey"),
                (statements.messagesOfKeys, "chat_messages_key"),
                (statements.reviseMessage, "chat_messages_pkey"), (statements.reviseAnswer, "chat_messages_pkey"),
            ] {
                let scans = try await plan(statement, settings).filter(\.isScan).filter { !$0.index.isEmpty }
                #expect(scans.map(\.index) == [index], "\(statement.name ?? ""): \(scans)")
                let column = index == "chat_messages_key" ? "message_key = given" : "sequence = "
                #expect(scans.allSatisfy { $0.condition.contains(column) }, "\(statement.name ?? ""): \(scans)")
            }
        }
    }

    /// Steps on a path, and what a change of the messages looks at, are ranges of a conversation's index.
    @Test(arguments: Statistics.allCases, [pinned, solidState])
    func branchesAreFoundByTheirIndex(statistics: Statistics, settings: String) async throws {
        try await withRows(statistics) { schema in
            let statements = Statements(SchemaName(name: schema))
            for statement in [
                statements.pathLast, statements.pathBefore, statements.pathAfter, statements.forks,
                statements.placedAppend,
                statements.changeHead, statements.removeMessages, statements.removeDescendants,
                statements.lookForRemoval, statements.removeBranched, statements.walkFirst, statements.previewsFirst,
            ] {
                let name = statement.name ?? ""
                let nodes = try await plan(statement, settings)
                let scans = nodes.filter { $0.isScan && $0.relation == "chat_messages" }
                #expect(!scans.isEmpty, "\(name)")
                for scan in scans {
                    let indexes = ["chat_messages_pkey", "chat_messages_branches", "chat_messages_key"]
                    #expect(indexes.contains(scan.index), "\(name): \(scan)")
                    #expect(scan.condition.contains("conversation_id"), "\(name): \(scan)")
                    // A row is found by its sequence; only ranges of jumps are read as a whole.
                    #expect(
                        scan.index == "chat_messages_branches" || scan.condition.contains("sequence")
                            || scan.condition.contains("message_key") || scan.isBackward
                            || scan.filter.contains("sequence = ANY"), "\(name): \(nodes)")
                    let filters = ["state", "content <> ", "sequence = ANY", "width_bucket"]
                    #expect(
                        scan.filter.isEmpty || filters.contains { scan.filter.contains($0) },
                        "\(name): \(scan) \(scan.filter)")
                }
            }
        }
    }

    /// The answers under way of all tenants are found by an index of their own.
    @Test(arguments: Statistics.allCases, ["", pinned])
    func answersUnderWayAreFoundByTheirIndex(statistics: Statistics, settings: String) async throws {
        try await withRows(statistics) { schema in
            let nodes = try await plan(Statements(SchemaName(name: schema)).unfinishedMessages, settings)
            let scans = nodes.filter(\.isScan)
            #expect(scans.map(\.index) == ["chat_messages_streaming"], "\(nodes)")
            #expect(!nodes.contains { $0.type.hasSuffix("Sort") }, "\(nodes)")
        }
    }

    /// The tenants are found one by one, and counted by an index.
    @Test func tenantsAreFoundByTheirKeys() async throws {
        try await withRows { schema in
            let nodes = try await plan(Statements(SchemaName(name: schema)).tenants, Self.pinned)
            let scans = nodes.filter { $0.isScan && $0.relation == "conversations" }
            #expect(scans.count >= 2 && scans.allSatisfy { Self.indexScans.contains($0.type) }, "\(nodes)")
            #expect(scans.allSatisfy { $0.condition.contains("tenant ") }, "\(nodes)")
        }
    }

    @Test(arguments: Statistics.allCases, [pinned, solidState])
    func aConversationIsFoundByItsKey(statistics: Statistics, settings: String) async throws {
        try await withRows(statistics) { schema in
            let statements = Statements(SchemaName(name: schema))
            for statement in [
                statements.conversation, statements.getOrCreateConversation, statements.updateTitle,
                statements.deleteConversation, statements.appendIfExists.lean, statements.appendIfExists.rich,
                statements.markCleared, statements.markRead, statements.changeConversation,
                statements.deleteConversationIf,
            ] {
                let scans = try await plan(statement, settings).filter { $0.isScan && $0.relation == "conversations" }
                #expect(scans.map(\.index) == ["conversations_pkey"], "\(statement.name ?? ""): \(scans)")
                // What a statement asks of the one row is no part of the search.
                #expect(scans.allSatisfy { !$0.filter.contains("tenant") && !$0.filter.contains("conversation_id") })
                #expect(scans.allSatisfy { $0.condition.contains("conversation_id = $2") })
            }
        }
    }

    /// What looking for keys costs depends on how many the append has, not on how long the conversation is.
    @Test(arguments: Statistics.allCases, [pinned, solidState])
    func keysAreLookedUpInTheirIndex(statistics: Statistics, settings: String) async throws {
        try await withRows(statistics) { schema in
            let statements = Statements(SchemaName(name: schema))
            for statement in [
                statements.keyedAppend, statements.keyedAppendIfExists, statements.generalAppend,
                statements.generalAppendIfExists, statements.labelledAppend, statements.labelledAppendIfExists,
            ] {
                let scans = try await plan(statement, settings).filter { $0.isScan && $0.relation == "chat_messages" }
                #expect(scans.map(\.index) == ["chat_messages_key"], "\(scans)")
                let found = try #require(scans.first)
                for part in ["(tenant)::text = $1", "(conversation_id)::text = $2", "message_key = given.key"] {
                    #expect(found.condition.contains(part), "\(found)")
                }
            }
        }
    }

    /// A merged append joins its messages with its conversations in one pass, not each with each.
    @Test func aBatchJoinsByHash() async throws {
        try await withRows { schema in
            let nodes = try await plan(Statements(SchemaName(name: schema)).appendBatch.lean, Self.pinned)
            #expect(
                nodes.contains { $0.type == "Hash Join" } && !nodes.contains { $0.type == "Nested Loop" }, "\(nodes)")
        }
    }

    @Test func sessionsPlanOnce() async throws {
        try await withBackend { backend, schema in
            try await TestPostgres.execute(
                "ALTER TABLE \(schema).conversations ALTER title SET DEFAULT current_setting('plan_cache_mode')")
            // A column's default is computed in the session that inserts.
            try await backend.append(.user("x"), to: "c")
            #expect(try await backend.conversation("c")?.title == "force_generic_plan")
        }
    }

    private func withRows(
        _ statistics: Statistics = .long, _ body: (_ schema: String) async throws -> Void
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            try await backend.close()
            try await TestPostgres.execute(rows(statistics, schema))
            try await body(schema)
        }
    }

    private func rows(_ statistics: Statistics, _ schema: String) -> String {
        let analyze = "ANALYZE \(schema).conversations, \(schema).chat_messages, \(schema).conversation_labels"
        // Half of the conversations have labels, one of which all of these have.
        let labels = """
            UPDATE \(schema).conversations SET labels = ARRAY['l', conversation_id] WHERE last_sequence % 2 = 0;
            INSERT INTO \(schema).conversation_labels (tenant, conversation_id, label, updated_at)
            SELECT tenant, conversation_id, unnest(labels), updated_at FROM \(schema).conversations;
            """
        func short(thenSmall indexes: [String]) -> String {
            // Each update leaves an entry in every index.
            let update = """
                UPDATE \(schema).conversations SET updated_at = updated_at + interval '1 s';
                UPDATE \(schema).chat_messages SET message_key = message_key || 'x';
                """
            return """
                INSERT INTO \(schema).conversations
                SELECT 't' || i, 'c' || i, NULL, now(), now(), i FROM generate_series(1, 20000) i;
                INSERT INTO \(schema).chat_messages
                SELECT 't' || i, 'c' || i, 1, 'user', 'x', now(), 'k' || i FROM generate_series(1, 20000) i;
                \(labels)
                \(update) \(update) \(update)
                \(indexes.map { "REINDEX INDEX \(schema).\($0);" }.joined(separator: " "))
                \(analyze)
                """
        }
        return switch statistics {
        case .branched:
            """
            \(rows(.long, schema));
            UPDATE \(schema).chat_messages SET parent = sequence - 3 WHERE sequence % 5 = 4;
            UPDATE \(schema).conversations SET is_branched = true;
            \(analyze)
            """
        case .long:
            """
            INSERT INTO \(schema).conversations
            SELECT '', 'c' || i, NULL, now(), '2026-01-01'::timestamptz + i / 50 * interval '1 s', i
            FROM generate_series(1, 5000) i;
            INSERT INTO \(schema).chat_messages
            SELECT '', 'c' || i % 100 + 1, i / 100, 'user', 'x', now(), CASE WHEN i % 3 = 0 THEN 'k' || i END
            FROM generate_series(100, 50000) i;
            \(labels)
            \(analyze)
            """
        case .shortWithLargeKeys: short(thenSmall: ["conversations_newest_first", "chat_messages_key"])
        case .shortWithSmallKeys: short(thenSmall: ["conversations_pkey", "chat_messages_pkey"])
        case .uncounted:
            """
            ALTER TABLE \(schema).conversations SET (autovacuum_enabled = false);
            ALTER TABLE \(schema).chat_messages SET (autovacuum_enabled = false);
            ALTER TABLE \(schema).conversation_labels SET (autovacuum_enabled = false);
            INSERT INTO \(schema).conversations
            SELECT '', 'c' || i, NULL, now(), now() - i * interval '1 s', i FROM generate_series(1, 20000) i;
            INSERT INTO \(schema).chat_messages
            SELECT '', 'c1', i, 'user', 'x', now(), 'k' || i FROM generate_series(1, 20000) i;
            \(labels)
            UPDATE \(schema).conversations SET updated_at = now();
            UPDATE \(schema).conversations SET updated_at = now()
            """
        case .none: "SELECT 1"
        }
    }

    private func plan(_ statement: PreparedSQL, _ settings: String) async throws -> [PlanNode] {
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
