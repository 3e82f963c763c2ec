import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite

/// What the checks run on: a store in use, or a store in memory for each check.
enum VerifiedStore {
    case live(LiveStoreHarness)
    case memory(MemoryHarness)

    /// Connections of each handle; checks open up to eight handles, and a server takes a hundred connections.
    private static let postgresConnections = 3

    init(_ store: StoreLocation, command: @escaping @Sendable (_ checkID: String, _ seed: UInt64) -> String) throws {
        let url = try store.url
        try store.checkPostgresOptions(for: url)
        if let path = url.sqlitePath {
            self = .live(LiveStoreHarness(name: "\(url)", command: command) { try await SQLiteBackend(path: path) })
        } else if let connection = url.postgresURI {
            var configuration = store.postgresConfiguration(connection)
            configuration.connections = Self.postgresConnections
            self = .live(
                LiveStoreHarness(name: "\(url)", command: command) { [configuration] in
                    try await PostgresBackend(configuration)
                })
        } else {
            self = .memory(MemoryHarness(command: command))
        }
    }

    var harness: any ConformanceHarness {
        switch self {
        case .live(let harness): harness
        case .memory(let harness): harness
        }
    }

    /// The beginning of the names of all tenants that a run uses; nil if it has the store for itself.
    var tenantPrefix: String? {
        switch self {
        case .live(let harness): harness.tenantPrefix
        case .memory: nil
        }
    }

    /// Removes what the run has put into the store.
    func end() async throws {
        if case .live(let harness) = self { try await harness.end() }
    }
}

/// Stores in the memory of this process, each check's own.
struct MemoryHarness: ConformanceHarness {
    let command: @Sendable (_ checkID: String, _ seed: UInt64) -> String

    let name = "memory"

    func makeStore() -> any ConformanceStore { Store() }

    func command(toRun checkID: String, seed: UInt64) -> String? { command(checkID, seed) }

    private struct Store: ConformanceStore {
        private let backend = InMemoryBackend()

        func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: backend, count: count) }

        func handle(taking roles: RoleSet) -> any ChatStorageBackend { InMemoryBackend(roles: roles) }

        func reopen() -> any ChatStorageBackend { InMemoryBackend() }

        func remove() {}
    }
}
