import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// Pages of conversations by labels, in a store where most are passed over.
@Suite struct LabelledListTests: SQLiteSuite {
    private static let archived = 5_000

    let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder(isInMemory: true)
        backend = try await folder.openStore { $0.durability = .processEnd }
        // Every ten of them were updated at the same time; the first three are not archived.
        try execute(
            """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(Self.archived + 3))
            INSERT INTO conversations (
                tenant, conversation_id, created_at_us, updated_at_us, last_sequence, details, labels)
            SELECT '', printf('%05d', n), 0, 1000 + n / 10, 0, iif(n > 3 OR n = 2, 0, NULL),
                iif(n > 3, '["archived"]', iif(n = 2, '["pinned"]', NULL))
            FROM numbers;
            INSERT INTO conversation_labels
            SELECT tenant, label.value, updated_at_us, conversation_id, conversation
            FROM conversations, json_each(labels) AS label;
            """)
    }

    private func walk(_ query: ConversationQuery) async throws -> [ConversationPage] {
        var query = query
        var pages: [ConversationPage] = []
        repeat {
            let page = try await backend.conversations(query)
            pages.append(page)
            query.cursor = page.next
        } while query.cursor != nil && pages.count < 100
        return pages
    }

    /// The first reads run on threads of their own, and later ones on the caller's thread if it takes them.
    @Test func aWalkPassesOverBoundedNumbers() async throws {
        for _ in 0..<20 {
            let pages = try await walk(ConversationQuery(limit: 50, without: ["archived"]))
            #expect(pages.map(\.items.count) == [0, 0, 0, 0, 3])
            #expect(pages.last?.items.map(\.id) == ["00001", "00002", "00003"])
        }
        try await backend.close()
    }

    @Test func aLabelsConversationsAreFoundAtOnce() async throws {
        let pages = try await walk(ConversationQuery(limit: 1, with: ["pinned"]))
        #expect(pages.map { $0.items.map(\.id) } == [["00002"]])
        #expect(try await walk(ConversationQuery(limit: 9, with: ["pinned", "archived"])).count == 5)
        #expect(try await walk(ConversationQuery(limit: 9, with: ["pinned", "none"])).map(\.items) == [[]])
        try await backend.close()
    }

    /// Ties are many, and pages end within them.
    @Test(arguments: [7, 1_000]) func pagesOfALabelFollowEachOther(limit: Int) async throws {
        let pages = try await walk(ConversationQuery(limit: limit, with: ["archived"]))
        let expected = (pages.count == 100 ? 100 * limit : Self.archived)
        let ids = pages.flatMap(\.items).map(\.id.rawValue)
        #expect(ids.count == expected && Set(ids).count == expected)
        let order = try execute(
            """
            SELECT conversation_id FROM conversations WHERE labels = '["archived"]'
            ORDER BY updated_at_us DESC, conversation_id LIMIT \(expected)
            """)
        #expect(order.map { $0[0] } == ids)
        try await backend.close()
    }

    /// A read looks at no more rows than its budget allows.
    @Test func aReadThatPassesOverManyIsNotForTheCallersThread() throws {
        let settings = SQLiteBackend.Configuration(path: path).settings(schema: .current)
        let database = try Database(settings, for: .reading)
        database.readBudget = ReadBudget(rows: 100)
        #expect(throws: ReadBudgetExceeded.self) {
            try database.conversations(ConversationQuery(without: ["archived"]), after: nil, tenant: "")
        }
        database.readBudget = ReadBudget(rows: 51)
        let page = try database.conversations(ConversationQuery(without: ["none"]), after: nil, tenant: "")
        #expect(page.items.count == 50 && page.next != nil)
        // With a label, only its conversations are looked at.
        database.readBudget = ReadBudget(rows: 1)
        let pinned = try database.conversations(ConversationQuery(with: ["pinned"]), after: nil, tenant: "")
        #expect(pinned.items.map(\.id) == ["00002"])
    }

    /// SQLite asks after every few steps, also when BEGIN and ROLLBACK have run.
    @Test func aSnapshotThatIsNoLongerWantedLeavesNoTransaction() async throws {
        let settings = SQLiteBackend.Configuration(path: path).settings(schema: .current)
        let database = try Database(settings, for: .reading)
        database.readWatch.isWanted = { false }
        for _ in 0..<100 {
            #expect(throws: SQLiteFailure.self) {
                try database.snapshot {
                    try database.conversations(ConversationQuery(without: ["none"]), after: nil, tenant: "")
                }
            }
            #expect(database.isOutsideTransaction)
        }
    }

    /// All statements of a page read the same snapshot.
    @Test func aLaterPageIsOneSnapshot() async throws {
        let settings = SQLiteBackend.Configuration(path: path).settings(schema: .current)
        let database = try Database(settings, for: .reading)
        let other = try TestSQLiteConnection(path: path)
        let counts = try database.snapshot {
            try (0..<2).map { _ in
                defer { _ = try? other.execute("DELETE FROM conversations WHERE conversation_id = '00002'") }
                return try database.conversations(ConversationQuery(with: ["pinned"]), after: nil, tenant: "").items
                    .count
            }
        }
        #expect(counts == [1, 1])
        #expect(try await backend.conversations(ConversationQuery(with: ["pinned"])).items == [])
        try await backend.close()
    }
}
