import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

@Suite("Snapshots on PostgreSQL", .timeLimit(.minutes(5))) struct SnapshotTests {
    private func withNamedBackend(_ body: (PostgresBackend, _ name: String) async throws -> Void) async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(adding("application_name=\(schema)", to: url), schema))
            try await backend.prepare()
            try await body(backend, schema)
            try await backend.close()
        }
    }

    private func endSnapshots(_ name: String) async throws -> Int {
        try await TestPostgres.execute(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE application_name = '\(name)' AND state = 'idle in transaction'
            """
        ).count
    }

    @Test("large values and pauses do not end the moment")
    func keepsItsConnection() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            // A short limit of the server's own, which a body's pause would pass.
            let options = "options=-c%20idle_in_transaction_session_timeout%3D20"
            let reader = try await PostgresBackend(configuration(adding(options, to: url), schema))
            let large = String(repeating: "x", count: 5 << 20)
            for _ in 0..<2 { try await backend.append(.user(large), to: "c") }
            try await reader.withSnapshot { snapshot in
                for _ in 0..<3 {
                    try await backend.append(.user("later"), to: "c")
                    #expect(try await snapshot.messages(of: "c").map(\.content.utf8.count) == [5 << 20, 5 << 20])
                    _ = try await TestPostgres.execute("SELECT pg_sleep(0.05)")
                }
            }
            #expect(try await backend.conversation("c")?.lastSequence == 5)
            try await reader.close()
            try await backend.close()
        }
    }

    @Test("without its connection a snapshot is over, and does not show another moment")
    func lostConnection() async throws {
        try await withNamedBackend { backend, name in
            try await backend.append(.user("text"), to: "c")
            try await backend.withSnapshot { snapshot in
                #expect(try await snapshot.conversation("c")?.lastSequence == 1)
                try await backend.append(.user("later"), to: "c")
                #expect(try await endSnapshots(name) == 1)
                for _ in 0..<3 {
                    await expectError(.unavailable) { try await snapshot.conversation("c") }
                    await expectError(.unavailable) { try await snapshot.tenant("t").messages(of: "c") }
                }
                #expect(try await endSnapshots(name) == 0)
                #expect(try await backend.conversation("c")?.lastSequence == 2)
            }
            let sequence = try await backend.withSnapshot { try await $0.conversation("c")?.lastSequence }
            #expect(sequence == 2)
        }
    }

    @Test("many reads of a snapshot at once each get their own answer")
    func manyAtOnce() async throws {
        try await withNamedBackend { backend, _ in
            for number in 0..<50 { try await backend.append(.user("\(number)"), to: ConversationID("\(number)")) }
            try await backend.withSnapshot { snapshot in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<500 {
                        group.addTask {
                            let id = ConversationID("\(number % 50)")
                            let contents = try await snapshot.messages(of: id).map(\.content)
                            #expect(contents == [id.rawValue])
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }
}
