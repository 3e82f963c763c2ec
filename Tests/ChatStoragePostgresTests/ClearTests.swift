import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Clearing is two statements; what happens before, between and beside them, in forced orders.
@Suite(.timeLimit(.minutes(5))) struct ClearTests {
    @Test("a conversation created between the statements keeps its messages")
    func aConversationCreatedBetween() async throws {
        try await withClear { backend, clear, _ in
            try clear.execute("BEGIN; EXECUTE mark ('', 'c')")
            try await backend.append(.user("between"), to: "c")
            try clear.execute("EXECUTE remove ('', 'c'); COMMIT")
            #expect(try await backend.messages(of: "c").map(\.sequence) == [1])
        }
    }

    /// It may have a `cleared_through` of its own, below which nothing is.
    @Test("a conversation created and cleared between the statements keeps what came after")
    func aConversationCreatedAndCleared() async throws {
        try await withClear { backend, clear, _ in
            try clear.execute("BEGIN; EXECUTE mark ('', 'c')")
            try await backend.append([.user("1"), .user("2")], to: "c")
            #expect(try await backend.clearMessages(of: "c") == 2)
            try await backend.append(.user("3"), to: "c")
            try clear.execute("EXECUTE remove ('', 'c'); COMMIT")
            #expect(try await backend.messages(of: "c").map(\.sequence) == [3])
        }
    }

    @Test func anAppendThatWaitsForAClearIsKept() async throws {
        for condition in [.createIfMissing, .exists] as [AppendCondition] {
            try await withClear { backend, clear, schema in
                try await backend.append([.user("1"), .user("2")], to: "c")
                try clear.execute("BEGIN; EXECUTE mark ('', 'c')")
                async let stored = backend.append(.user("3"), to: "c", if: condition)
                try await waitUntil { try await lockWaits(schema) > 0 }
                try clear.execute("EXECUTE remove ('', 'c'); COMMIT")
                #expect(try await stored.sequence == 3)
                #expect(try await backend.messages(of: "c").map(\.sequence) == [3])
            }
        }
    }

    @Test func aClearThatWaitsForAnAppendRemovesItsMessages() async throws {
        try await withClear { backend, append, schema in
            try await backend.append(.user("1"), to: "c")
            try append.execute(
                """
                BEGIN;
                UPDATE \(schema).conversations SET last_sequence = last_sequence + 1;
                INSERT INTO \(schema).chat_messages VALUES ('', 'c', 2, 'user', '2', now())
                """)
            async let removed = backend.clearMessages(of: "c")
            try await waitUntil { try await lockWaits(schema) > 0 }
            try append.execute("COMMIT")
            #expect(try await removed == 2)
            #expect(try await backend.messages(of: "c").isEmpty)
            #expect(try await backend.append(.user("3"), to: "c").sequence == 3)
        }
    }

    @Test func ofTwoClearsAtOnceOneRemovesAll() async throws {
        try await withClear { backend, clear, schema in
            try await backend.append([.user("1"), .user("2")], to: "c")
            try clear.execute("BEGIN; EXECUTE mark ('', 'c')")
            async let removed = backend.clearMessages(of: "c")
            try await waitUntil { try await lockWaits(schema) > 0 }
            try clear.execute("EXECUTE remove ('', 'c'); COMMIT")
            #expect(try await removed == 0)
            #expect(try await backend.append(.user("3"), to: "c").sequence == 3)
        }
    }

    /// Calls a body with a backend and a session that has a clear's statements as `mark` and `remove`.
    private func withClear(
        _ body: (_ backend: PostgresBackend, _ session: TestPostgresConnection, _ schema: String) async throws -> Void
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            // Longer than a busy machine takes to see that a call waits.
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    ($0.lockTimeout, $0.statementTimeout, $0.callTimeout) = (.seconds(60), .seconds(90), .seconds(100))
                })
            try await backend.prepare()
            let statements = Statements(SchemaName(name: schema))
            let session = try TestPostgresConnection(url: url)
            try session.execute("PREPARE mark AS \(statements.markCleared.sql)")
            try session.execute("PREPARE remove AS \(statements.deleteCleared.sql)")
            try await body(backend, session, schema)
            try await backend.close()
        }
    }
}
