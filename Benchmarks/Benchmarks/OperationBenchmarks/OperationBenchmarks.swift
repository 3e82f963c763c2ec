import Benchmark
import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import Foundation
import Synchronization

/// Percentiles of single calls by one caller, on a store of 100 conversations with 200 messages of 330 bytes each.
///
/// PostgreSQL is the server of `CHATSTORAGE_BENCH_POSTGRES`. SQLite's file is in the folder of
/// `CHATSTORAGE_BENCH_FOLDER`, or else in the system's for temporary files, which may be one in memory.
let benchmarks: @Sendable () -> Void = {
    let environment = ProcessInfo.processInfo.environment
    let configuration = Benchmark.Configuration(
        metrics: [.wallClock, .throughput], warmupIterations: 100, maxDuration: .seconds(3),
        maxIterations: 1_000_000)
    let message = ChatMessage.user(String(repeating: "Spring is mild. ", count: 21))
    let ids = (0..<100).map { ConversationID("conversation-\($0)") }

    @Sendable func fill(_ storage: some ChatStorage) async throws {
        for id in ids { try await storage.append(Array(repeating: message, count: 200), to: id) }
    }

    /// The five calls, each on a store of its own that is made before and closed after it.
    func add<Backend: ChatStorageBackend>(
        _ name: String, _ open: @escaping @Sendable () async throws -> Backend,
        remove: @escaping @Sendable () -> Void = {}
    ) {
        let calls: [(String, @Sendable (Backend.Tenant, Int) async throws -> Void)] = [
            ("append 1", { try await $0.append(message, to: ids[$1 % ids.count]) }),
            ("last 20", { blackHole(try await $0.messages(of: ids[$1 % ids.count], limit: 20)) }),
            ("list 50", { storage, _ in blackHole(try await storage.conversations(limit: 50)) }),
            ("get", { blackHole(try await $0.conversation(ids[$1 % ids.count])) }),
            ("get or create", { try await $0.getOrCreateConversation(ids[$1 % ids.count]) }),
        ]
        for (call, make) in calls {
            let opened = Mutex<Backend?>(nil)
            Benchmark("\(call), \(name)", configuration: configuration) { benchmark, storage in
                try await make(storage, benchmark.currentIteration)
            } setup: {
                let backend = try await open()
                opened.withLock { $0 = backend }
                try await backend.prepare()
                // A tenant of its own, where the store is one that stays.
                let storage = backend.tenant(UUID().uuidString)
                try await fill(storage)
                return storage
            } teardown: {
                try await opened.withLock { $0 }?.close()
                remove()
            }
        }
    }

    add("memory") { InMemoryBackend() }

    let folder =
        environment["CHATSTORAGE_BENCH_FOLDER"].map { URL(fileURLWithPath: $0) }
        ?? FileManager.default.temporaryDirectory
    let file = folder.appendingPathComponent("operations-\(UUID().uuidString).db").path
    add("SQLite") {
        try await SQLiteBackend(path: file)
    } remove: {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) }
    }

    guard let url = environment["CHATSTORAGE_BENCH_POSTGRES"] else {
        print("No operation on PostgreSQL is measured: CHATSTORAGE_BENCH_POSTGRES names no server.")
        return
    }
    add("PostgreSQL") { try await PostgresBackend(url: url) }
}
