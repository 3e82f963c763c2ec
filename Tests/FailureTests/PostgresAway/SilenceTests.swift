import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import Synchronization
import TestSupport
import Testing

extension PostgresAwayTests {
    /// Servers that say nothing, from the beginning or from some moment on.
    @Suite("silence") struct SilenceTests {
        /// Long enough for one call on a busy machine; each call on a stopped server takes this long.
        private static let callTimeout = Duration.seconds(5)

        @Test("a server that accepts and never answers is given up at the connect timeout")
        func neverAnswers() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            let server = try SilentServer()
            defer { withExtendedLifetime(server) {} }
            var configuration = PostgresBackend.Configuration(url: server.url)
            configuration.connectTimeout = .seconds(2)
            let backend = try await PostgresBackend(configuration)
            let error = await #expect(throws: ChatStorageError.self) { try await backend.append(.user("x"), to: "c") }
            #expect(error?.code == .unavailable && error?.writeOutcome == .notApplied)
            #expect(error?.message.contains("timeout expired") == true, "\(error?.message ?? "")")
            try await backend.close()
        }

        @Test("a server stops in the middle of its answers to 64 callers, and goes on later")
        func stops() async throws {
            guard let server = try await PostgresServer.ifInstalled() else { return }
            defer { withExtendedLifetime(server) {} }
            let backend = try await open(server)
            var figures = Figures("stopped servers, PostgreSQL")
            var generator = SplitMix64(seed: try SoakCount.seed)
            let pauses = try SoakCount.pauses.value
            let told = try await Callers.call(backend, seed: generator.next()) { callers in
                while figures.faults < pauses {
                    try await callers.acknowledge(.random(in: 1...500, using: &generator))
                    try await server.pause()
                    figures.faults += 1
                    try await callers.allFail()
                    try await server.resume()
                    try await callers.acknowledge(200)
                }
            }
            try await backend.close()
            try await told.compare(
                with: .postgres(url: server.url, schema: PostgresAwayTests.schema), deadline: Self.callTimeout, &figures
            )
            figures.report()
        }

        @Test("a server stops in the middle of a large answer")
        func stopsInAnswer() async throws {
            guard let server = try await PostgresServer.ifInstalled() else { return }
            defer { withExtendedLifetime(server) {} }
            // On the one connection there is always an answer under way.
            let backend = try await open(server, connections: 1)
            let large = String(repeating: "x", count: 8 << 20)
            try await backend.append(.user(large), to: "c")
            let observer = try TestPostgresConnection(url: server.url)
            let pause = Pause()
            let session = try await withThrowingTaskGroup(of: ChatStorageError.self) { group in
                for _ in 0..<3 {
                    group.addTask { try await read(backend, expecting: large, untilFailureIn: pause) }
                }
                var session: String?
                try await waitUntil {
                    session =
                        try observer.execute("SELECT pid FROM pg_stat_activity WHERE wait_event = 'ClientWrite'")
                        .first?.first ?? nil
                    return session != nil
                }
                try await server.pause()
                pause.begin()
                for try await error in group {
                    #expect(error.code == .unavailable && error.writeOutcome == nil)
                }
                return session
            }
            try await server.resume()
            // The connection was closed: on it the rest of an answer would be taken for another call's.
            let itself = "SELECT 1 FROM pg_stat_activity WHERE pid = \(session ?? "")"
            try await waitUntil { try observer.execute(itself).isEmpty }
            try await backend.append(.user("small"), to: "d")
            #expect(try await backend.messages(of: "d").map(\.content) == ["small"])
            #expect(try await backend.messages(of: "c").map(\.content.utf8.count) == [large.utf8.count])
            try await backend.close()
        }

        /// Whether the server is paused.
        private final class Pause: Sendable {
            private let state = Mutex(false)

            func begin() { state.withLock { $0 = true } }
            var hasBegun: Bool { state.withLock { $0 } }
        }

        /// Reads until a call has failed in the pause; what a busy machine does not do in time before is read
        /// again.
        private func read(
            _ backend: PostgresBackend, expecting content: String, untilFailureIn pause: Pause
        ) async throws -> ChatStorageError {
            while true {
                try Task.checkCancellation()
                do {
                    let read = try await backend.messages(of: "c").first?.content
                    #expect(read == content)
                } catch let error as ChatStorageError {
                    if pause.hasBegun { return error }
                }
            }
        }

        private func open(_ server: PostgresServer, connections: Int = 8) async throws -> PostgresBackend {
            try await PostgresAwayTests.open(server.url) {
                $0.connections = connections
                $0.callTimeout = Self.callTimeout
                $0.connectTimeout = .seconds(2)
            }
        }
    }
}
