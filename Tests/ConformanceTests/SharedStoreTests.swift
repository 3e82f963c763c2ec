import ChatStorageConformance
import ChatStorageCore
import ChatStorageSQLite
import Synchronization
import TestSupport
import Testing

/// The suite in a store that holds other data, in tenants of its own.
@Suite struct SharedStoreTests {
    @Test(.enabled(if: try TestBackends.sqlite.isSelected()))
    func checksLeaveOtherDataAlone() async throws {
        let folder = try TemporaryFolder()
        let harness = SharedSQLiteHarness(path: folder.path(of: "chat.db"))
        let owner = try await harness.open()
        try await owner.prepare()
        for chats in [owner.defaultTenant, owner.tenant("a"), owner.tenant("victim")] {
            for id in ["one", "two", "shared"] as [ConversationID] {
                try await chats.append([.user("ours"), .assistant("kept")], to: id)
            }
        }
        let other = "tenant NOT GLOB '\(SharedSQLiteHarness.prefix)*'"
        let tables = ["readable_conversations", "readable_messages"]
        let connection = try TestSQLiteConnection(path: harness.path)
        let read = { try tables.map { try connection.execute("SELECT * FROM \($0) WHERE \(other)") } }
        let before = try read()

        // The suite as a whole runs on a store with other data in `VerifyTests`, through a harness that names tenants.
        let left = ["scale.", "model.", "linearisability.", "concurrency.", "cancellation."]
        let checks = ConformanceSuite.checks.filter { check in !left.contains { check.id.hasPrefix($0) } }
        let report = await ConformanceSuite.run(checks, on: harness)

        expectNoFailure(of: report)
        for result in report.results {
            guard case .notApplicable = result.outcome else { continue }
            let isExpected = result.check.needs.contains { need in
                if case .absence = need { true } else { need == .ownStore }
            }
            #expect(isExpected, "\(result)")
        }
        #expect(try read() == before)
        // What the checks wrote is there too, so they did write to this store.
        let written = try connection.execute("SELECT DISTINCT tenant FROM conversations WHERE NOT (\(other))")
        #expect(written.count > checks.count / 2)
    }
}

/// One database file for all stores, which differ in their tenants' names.
private struct SharedSQLiteHarness: ConformanceHarness {
    static let prefix = "conformance "

    let name = "shared sqlite"
    let path: String
    private let made = Counter()

    init(path: String) {
        self.path = path
    }

    func makeStore() -> any ConformanceStore {
        Store(harness: self, tenantPrefix: "\(Self.prefix)\(made.next()) ")
    }

    func open() async throws -> SQLiteBackend {
        var configuration = SQLiteBackend.Configuration(path: path)
        // Nothing is reopened after a loss of power here.
        configuration.durability = .processEnd
        return try await SQLiteBackend(configuration)
    }

    private struct Store: ConformanceStore {
        let harness: SharedSQLiteHarness
        let tenantPrefix: String

        func handles(_ count: Int) async throws -> [any ChatStorageBackend] {
            var handles: [any ChatStorageBackend] = []
            for _ in 0..<count { handles.append(try await harness.open()) }
            return handles
        }

        func reopen() async throws -> any ChatStorageBackend { try await harness.open() }

        func remove() {}
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
