import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

extension PostgresAwayTests {
    /// A server to which nobody can connect.
    @Suite("reconnection") struct ReconnectionTests {
        @Test("64 callers of a server that refuses do not try to connect more often than the backoff says")
        func backoff() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            let triesOfOne = try await tries(saying: "57P03")
            let server = try SilentServer()
            defer { withExtendedLifetime(server) {} }
            let attempts = server.refuse(saying: "57P03")
            var configuration = PostgresBackend.Configuration(url: server.url)
            configuration.connections = 8
            let backend = try await PostgresBackend(configuration)
            let started = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<64 {
                    group.addTask {
                        while !Task.isCancelled {
                            let error = await #expect(throws: (any Error).self) {
                                try await backend.append(.user("x"), to: ConversationID("c\(caller)"))
                            }
                            if error is CancellationError { return }
                            let refusal = try #require(error as? ChatStorageError)
                            #expect(refusal.code == .unavailable && refusal.writeOutcome == .notApplied)
                        }
                    }
                }
                // The first attempt, for the call that looks for the tables, and seven others.
                var count = 0
                for await _ in attempts {
                    count += 1
                    if count == (1 + 7) * triesOfOne { break }
                }
                try Task.checkCancellation()
                group.cancelAll()
                try await group.waitForAll()
            }
            // Half of 50, 100, 200, 400, 800, 1,600 and 2,000 milliseconds, the shortest that jitter makes of them.
            #expect(ContinuousClock.now - started > .milliseconds(2_500))
            try await backend.close()
        }

        @Test("a session that is ended while it begins is followed by another before calls fail")
        func endedWhileItBegins() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            let refused = try await tries(saying: "57P03")
            let ended = try await tries(saying: "57P01")
            #expect(ended == refused * 2)
        }

        /// How often a server is connected to before a call fails, on one connection at a time.
        private func tries(saying sqlState: String) async throws -> Int {
            let server = try SilentServer()
            let tries = server.refuse(saying: sqlState)
            var configuration = PostgresBackend.Configuration(url: server.url)
            configuration.connections = 1
            let backend = try await PostgresBackend(configuration)
            let error = await #expect(throws: ChatStorageError.self) { try await backend.append(.user("x"), to: "c") }
            #expect(error?.code == .unavailable && error?.cause?.code == sqlState)
            try await backend.close()
            server.stop()
            return await tries.reduce(into: 0) { count, _ in count += 1 }
        }
    }
}
