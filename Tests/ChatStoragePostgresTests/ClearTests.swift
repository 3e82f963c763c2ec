import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Clearing is two statements; what happens between them.
@Suite struct ClearTests {
    @Test func aConversationCreatedBetweenTheStatementsKeepsItsMessages() async throws {
        #expect(try await messagesRemoved(existsBefore: false) == 0)
    }

    @Test func aMessageAppendedBeforeTheLockIsRemoved() async throws {
        #expect(try await messagesRemoved(existsBefore: true) == 1)
    }

    /// Runs a clear's statements by hand; a conversation that does not exist before gets a message between the two.
    private func messagesRemoved(existsBefore: Bool) async throws -> Int {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            if existsBefore { try await backend.append(.user("before"), to: "c") }

            let statements = Statements(SchemaName(name: schema))
            let session = try TestPostgresConnection(url: url)
            try session.execute("PREPARE touch AS \(statements.touchConversation.sql)")
            try session.execute("PREPARE remove AS \(statements.deleteMessages.sql)")
            try session.execute("BEGIN; EXECUTE touch ('', 'c')")
            // The row of an existing conversation is locked now, and nobody can append.
            if !existsBefore { try await backend.append(.user("between"), to: "c") }
            try session.execute("EXECUTE remove ('', 'c'); COMMIT")

            let left = try await backend.messages(of: "c").count
            try await backend.close()
            return 1 - left
        }
    }
}
