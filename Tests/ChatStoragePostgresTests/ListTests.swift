import ChatStorageConformance
import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Lists by labels and with previews: the same pages as the core's own builder makes of the whole list.
@Suite(.timeLimit(.minutes(5))) struct ListTests {
    private func walk(
        _ backend: PostgresBackend, _ query: ConversationQuery
    ) async throws -> [ConversationPage] {
        var pages: [ConversationPage] = []
        var query = query
        repeat {
            pages.append(try await backend.conversations(query))
            query.cursor = pages.last?.next
        } while query.cursor != nil
        return pages
    }

    /// What the core makes of the whole list.
    private func expected(
        _ all: [Conversation], _ previews: [ConversationID: MessagePreview], _ query: ConversationQuery
    ) throws -> [ConversationPage] {
        var pages: [ConversationPage] = []
        var rest = all[...]
        while true {
            var builder = ConversationPageBuilder(query)
            for conversation in rest where !builder.isFull {
                builder.add(conversation) { _ in previews[conversation.id] }
            }
            pages.append(builder.page(tenant: ""))
            guard let position = try pages.last?.next?.position(tenant: "") else { return pages }
            let index = rest.firstIndex { $0.id == position.id }
            rest = index.map { rest[($0 + 1)...] } ?? []
        }
    }

    @Test func pagesAreThoseOfTheCoresBuilder() async throws {
        try await withBackend { backend in
            var random = SplitMix64(seed: 12)
            let labels: [Label] = ["", "é", "e\u{301}", "z", "Z", "a", "aa"].filter { !$0.rawValue.isEmpty }
            let texts = ["", "Hello 🏯 there", "e\u{301}e\u{301}", "x"]
            for number in 0..<300 {
                let time = Timestamp(microsecondsSinceEpoch: Int64.random(in: 1...40, using: &random))
                let messages = (0..<Int.random(in: 0...20, using: &random)).map { index in
                    ConversationSnapshot.Message(
                        sequence: Int64(index + 1), role: .user,
                        content: texts[Int.random(in: 0...1, using: &random) * Int.random(in: 0...3, using: &random)],
                        createdAt: time)
                }
                try await backend.restoreConversation(
                    .init(
                        id: ConversationID("\(number)"), createdAt: time, updatedAt: time,
                        labels: Set(labels.filter { _ in Int.random(in: 0...3, using: &random) == 0 }),
                        messages: messages))
            }
            let all = try await backend.conversations(limit: 1_000)
            #expect(all.count == 300)
            var previews: [ConversationID: MessagePreview] = [:]
            for conversation in all {
                let newest = try await backend.messages(of: conversation.id, limit: MessagePreview.messages)
                previews[conversation.id] = newest.last { !$0.content.isEmpty }
                    .map { MessagePreview($0, scalars: 4) }
            }
            for round in 0..<60 {
                func some() -> Set<Label> { Set(labels.filter { _ in Int.random(in: 0...4, using: &random) == 0 }) }
                let query = ConversationQuery(
                    limit: [1, 2, 7, 50, 299, 300, .max][round % 7], with: round % 3 == 0 ? [] : some(),
                    without: round % 3 == 1 ? [] : some(), preview: round % 2 == 0 ? 4 : nil)
                let pages = try await walk(backend, query)
                #expect(try pages == expected(all, previews, query), "\(query)")
            }
            #expect(try await backend.conversations(.init(limit: 0, with: ["a"])).next == nil)
        }
    }

    /// Inserts conversations that have a label, but for some in between.
    private func fill(_ schema: String, _ count: Int, archived: String) async throws {
        try await TestPostgres.execute(
            """
            INSERT INTO \(schema).conversations
                (tenant, conversation_id, created_at, updated_at, last_sequence, labels)
            SELECT '', 'c' || i, '2026-01-01', '2026-01-01'::timestamptz + i * interval '1 ms', 0,
                CASE WHEN \(archived) THEN ARRAY['archived'] END
            FROM generate_series(1, \(count)) AS i;
            INSERT INTO \(schema).conversation_labels (tenant, conversation_id, label, updated_at)
            SELECT tenant, conversation_id, unnest(labels), updated_at FROM \(schema).conversations;
            ANALYZE \(schema).conversations, \(schema).conversation_labels
            """)
    }

    /// A page looks at its limit and a thousand more, wherever it lies, and so does its statement.
    @Test func whatIsPassedOverIsBounded() async throws {
        try await withBackend { backend, schema in
            try await fill(schema, 20_000, archived: "i % 2500 <> 1")
            let query = ConversationQuery(limit: 5, without: ["archived"])
            let pages = try await walk(backend, query)
            let all = try await backend.conversations(limit: .max)
            #expect(pages == (try expected(all, [:], query)))
            #expect(pages.flatMap(\.items).count == 8 && pages.contains { $0.items.isEmpty && $0.next != nil })
            let statements = Statements(SchemaName(name: schema))
            let start = "'2026-01-01'::timestamptz + interval '15 s', 'c15000'"
            for (statement, values) in [
                (statements.walkFirst, "'', 5, 1006, '{}', '{archived}', NULL"),
                (statements.walkNext, "'', 5, 1006, '{}', '{archived}', NULL, \(start)"),
                (statements.walkLabelFirst, "'', 5, 1006, '{archived,x}', '{}', NULL, 'archived'"),
                (statements.walkLabelNext, "'', 5, 1006, '{archived,x}', '{}', NULL, 'archived', \(start)"),
            ] {
                let rows = try await rowsRead(statement, values)
                #expect(rows.max() ?? 0 <= 1_006 && rows.contains { $0 > 900 }, "\(statement.name ?? ""): \(rows)")
            }
            // Where there is nothing to pass over, a statement reads no more than the page has.
            for (statement, values) in [
                (statements.walkFirst, "'', 5, 1006, '{}', '{}', NULL"),
                (statements.walkNext, "'', 5, 1006, '{archived}', '{}', NULL, \(start)"),
                (statements.walkLabelFirst, "'', 5, 1006, '{archived}', '{}', NULL, 'archived'"),
                (statements.walkLabelNext, "'', 5, 1006, '{archived}', '{}', NULL, 'archived', \(start)"),
            ] {
                let rows = try await rowsRead(statement, values)
                #expect(rows.max() ?? .max <= 8, "\(statement.name ?? ""): \(rows)")
            }
        }
    }

    /// How many rows each scan of an index brings.
    private func rowsRead(_ statement: PreparedSQL, _ values: String) async throws -> [Int] {
        let types = statement.parameters.map(\.typeName).joined(separator: ", ")
        let lines = try await TestPostgres.execute(
            """
            SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
            PREPARE q (\(types)) AS \(statement.sql);
            EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE q (\(values))
            """)
        return lines.compactMap { $0.first ?? nil }.compactMap { line in
            guard line.contains("Scan using"), let match = line.firstMatch(of: /actual rows=(\d+)/) else { return nil }
            return Int(match.1)
        }
    }

    @Test func tenantsComeInPagesWithTheirCounts() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            #expect(try await backend.tenants(TenantQuery()) == TenantPage(items: [], next: nil))
            let names = ["a", "a\u{1}", "aa", "é", "z", "Z", "\u{10FFFF}"]
            for (number, name) in names.enumerated() {
                for index in 0...number {
                    try await backend.tenant(name).append(
                        Array(repeating: .user("x"), count: index + 1), to: ConversationID("\(index)"))
                }
            }
            try await backend.createConversation("c")
            try await backend.append(.user("x"), to: "d")
            try await backend.clearMessages(of: "d")
            let expected =
                [TenantSummary(name: nil, conversations: 2, messages: 0)]
                + names.enumerated().map { number, name in
                    TenantSummary(name: name, conversations: number + 1, messages: (number + 1) * (number + 2) / 2)
                }.sorted { Array($0.name?.utf8 ?? "".utf8).lexicographicallyPrecedes(Array($1.name?.utf8 ?? "".utf8)) }
            for limit in [1, 2, 3, 8, 9, .max] {
                var found: [TenantSummary] = []
                var query = TenantQuery(limit: limit)
                repeat {
                    let page = try await backend.tenants(query)
                    found += page.items
                    query.after = page.next
                } while query.after != nil
                #expect(found == expected, "\(limit)")
            }
            #expect(try await backend.tenants(TenantQuery(limit: 0)).items.isEmpty)
            // Where the engine distributes the tables, another statement gives the same.
            let distributed = Statements(SchemaName(name: schema), isDistributed: true).tenants
            let connection = try TestPostgresConnection(url: url)
            let rows = try connection.execute("PREPARE q (text, bigint) AS \(distributed.sql); EXECUTE q ('', 100)")
            #expect(
                rows.map { $0.compactMap(\.self) }
                    == expected.map { [$0.name ?? "", "\($0.conversations)", "\($0.messages)"] })
            try await backend.close()
        }
    }
}
