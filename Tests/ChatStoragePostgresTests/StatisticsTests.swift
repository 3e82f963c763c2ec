import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// What a store says of its connections and of the calls that wait.
@Suite(.timeLimit(.minutes(5))) struct StatisticsTests {
    @Test func connectionsAndWaitingCallsAreCounted() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(url, schema) { ($0.lockTimeout, $0.callTimeout) = (.seconds(100), .seconds(200)) })
            #expect(try await backend.statistics() == StorageStatistics(connectionLimit: 3))
            try await backend.prepare()
            try await backend.createConversation("c")
            // The caller can go on a moment before the thread that had its answer counts again.
            let idle = StorageStatistics(openConnections: 1, connectionLimit: 3, schemaVersion: SchemaVersion.all.count)
            try await waitUntil { try await backend.statistics() == idle }
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await withLockedConversation(schema) {
                    for _ in 0..<4 { group.addTask { try await backend.append(.user("x"), to: "c") } }
                    // One is on its way to the lock, the others wait for it.
                    try await waitUntil {
                        let statistics = try await backend.statistics()
                        return statistics.waitingCalls == 3 && statistics.busyConnections == 1
                    }
                }
                try await group.waitForAll()
            }
            try await waitUntil {
                let after = try await backend.statistics()
                return after.waitingCalls == 0 && after.busyConnections == 0 && after.openConnections > 0
            }
            try await backend.close()
            await expectError(.closed) { try await backend.statistics() }
        }
    }

    /// Calls that wait for the first look at the schema count too.
    @Test func aServerThatDoesNotAnswerIsNotAsked() async throws {
        let silent = try SilentServer()
        let backend = try await PostgresBackend(configuration(silent.url, "chat") { _ in })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { _ = try await backend.conversation("c") } }
            try await waitUntil { try await backend.statistics().waitingCalls >= 5 }
            let statistics = try await backend.statistics()
            #expect(statistics.openConnections == 0 && statistics.schemaVersion == nil)
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
        silent.stop()
        try await backend.close()
    }
}
