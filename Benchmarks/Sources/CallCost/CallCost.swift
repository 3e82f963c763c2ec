import ArgumentParser
import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import Dispatch
import Synchronization

/// Makes a number of calls of one operation and ends.
///
/// Two runs with different numbers, under a profiler, differ by the cost of the calls.
@main
struct CallCost: ParsableCommand {
    enum Operation: String, CaseIterable, ExpressibleByArgument {
        case append, last, list, previews, get
        case appendParts = "append-parts"
        case getOrCreate = "get-or-create"
    }

    static let configuration = CommandConfiguration(abstract: "Makes a number of calls of one operation, and ends.")

    @Option(help: "The store: memory:, sqlite:PATH or postgres://...")
    var store: String

    @Option(help: "How many callers share the calls; a single one on PostgreSQL has a single connection.")
    var callers = 1

    @Flag(help: "Give the store an observer that does nothing.")
    var observed = false

    @Argument(help: "The operation.")
    var operation: Operation

    @Argument(help: "How many calls.")
    var calls: Int

    /// Waits for the calls on the main thread: an asynchronous `main` leaves it to libdispatch, whose way of parking it
    /// ends valgrind.
    func run() throws {
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<Void, any Error>>(.success(()))
        Task {
            do {
                try await makeCalls()
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            done.signal()
        }
        done.wait()
        try outcome.withLock { $0 }.get()
    }

    private func makeCalls() async throws {
        let url = try StoreURL(store)
        let observer = observed ? IdleObserver() : nil
        if let path = url.sqlitePath {
            var configuration = SQLiteBackend.Configuration(path: path)
            configuration.observer = observer
            try await run(on: await SQLiteBackend(configuration))
        } else if let uri = url.postgresURI {
            var configuration = PostgresBackend.Configuration(url: uri)
            if callers == 1 { configuration.connections = 1 }
            configuration.observer = observer
            try await run(on: await PostgresBackend(configuration))
        } else {
            var configuration = InMemoryBackend.Configuration()
            configuration.observer = observer
            try await run(on: InMemoryBackend(configuration))
        }
    }

    private func run(on backend: some ChatStorageBackend) async throws {
        try await backend.prepare()
        let storage = backend.defaultTenant
        let ids = (0..<100).map { ConversationID("conversation-\($0)") }
        let message = ChatMessage.user(String(repeating: "Spring is mild. ", count: 21))
        let parts = ChatMessage.assistant([
            MessagePart(.reasoning, text: String(repeating: "Is it mild? ", count: 10)), .text("One moment."),
            .toolCall("weather", callID: "call_123456", input: #"{"city": "Kyoto", "days": 3}"#),
        ])
        // Every run has the same data, and has made each call before those that count.
        for id in ids { try await storage.append(Array(repeating: message, count: 20), to: id) }
        // Reading the argument costs as much as some calls do.
        let (operation, callers, count) = (operation, callers, 100 + calls)
        @Sendable func makeCalls(_ numbers: some Sequence<Int>) async throws {
            for number in numbers {
                let id = ids[number % ids.count]
                switch operation {
                case .append: try await storage.append(message, to: id)
                case .appendParts: try await storage.append(parts, to: id)
                case .last: _ = try await storage.messages(of: id, limit: 20)
                case .list: _ = try await storage.conversations(limit: 50)
                case .previews: _ = try await storage.conversations(ConversationQuery(limit: 50, preview: 120))
                case .get: _ = try await storage.conversation(id)
                case .getOrCreate: try await storage.getOrCreateConversation(id)
                }
            }
        }
        if callers == 1 {
            try await makeCalls(0..<count)
        } else {
            try await withThrowingTaskGroup { group in
                for caller in 0..<callers {
                    group.addTask { try await makeCalls(stride(from: caller, to: count, by: callers)) }
                }
                try await group.waitForAll()
            }
        }
        try await backend.close()
    }
}

/// Takes everything that it is told and does nothing with it.
private final class IdleObserver: StorageObserver {}
