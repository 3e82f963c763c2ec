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
            let server = try SilentServer()
            let attempts = server.refuse()
            let backend = try await PostgresBackend(url: server.url)
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
                // The first attempts, of eight connections at once and each made twice, and seven others.
                var count = 0
                for await _ in attempts {
                    count += 1
                    if count == 30 { break }
                }
                group.cancelAll()
                try await group.waitForAll()
            }
            // Half of 50, 100, 200, 400, 800, 1,600 and 2,000 milliseconds, the shortest that jitter makes of them.
            #expect(ContinuousClock.now - started > .milliseconds(2_500))
            try await backend.close()
        }
    }
}
