import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// Messages whose conversations were deleted where foreign keys are off, as in SQLite's shell.
///
/// The number of a conversation that was the highest is used again for the next.
@Suite struct OrphanTests: SQLiteSuite {
    let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder()
        backend = try await folder.openStore()
        for id in ["other", "c"] as [ConversationID] {
            try await backend.append([.user("old", key: "k"), .assistant("older", key: "l")], to: id)
        }
        try execute("PRAGMA foreign_keys = OFF; DELETE FROM conversations WHERE conversation_id = 'c'")
        #expect(try orphans() == 2)
    }

    private func orphans() throws -> Int {
        try execute("SELECT 1 FROM chat_messages WHERE conversation NOT IN (SELECT conversation FROM conversations)")
            .count
    }

    /// What lies under the number that the deleted conversation had.
    private func messagesOfReusedNumber() throws -> [[String?]] {
        try execute("SELECT content FROM chat_messages WHERE conversation = 2 ORDER BY sequence")
    }

    @Test func theyAreNotRead() async throws {
        for position in [.end, .before(2), .after(0)] as [MessagePosition] {
            #expect(try await backend.messages(of: "c", position, limit: 10) == [])
        }
        #expect(try await backend.conversation("c") == nil)
        #expect(try await backend.messages(of: "other").count == 2)
        #expect(try await backend.clearMessages(of: "c") == 0)
        await expectError(.conversationNotFound) { try await backend.append(.user("new"), to: "c", if: .exists) }
        // Nothing was written, so they are there still.
        #expect(try orphans() == 2)
        try await backend.close()
    }

    @Test func anAppendThatCreatesSweepsThem() async throws {
        // The same key and text as an old message: it is stored anew all the same.
        #expect(try await backend.append(.user("old", key: "k"), to: "c").sequence == 1)
        #expect(try await backend.messages(of: "c").map(\.content) == ["old"])
        #expect(try await backend.append(.user("old", key: "k"), to: "c").sequence == 1)
        #expect(try await backend.messages(of: "other").count == 2)
        try await backend.close()
    }

    @Test func aConversationOfAnotherTenantDoesNotBeginWithThem() async throws {
        let tenant = backend.tenant("else")
        // The same key as an old message, which was never this tenant's.
        #expect(try await tenant.append(.user("mine", key: "k"), to: "d").sequence == 1)
        #expect(try messagesOfReusedNumber() == [["mine"]])
        #expect(try await tenant.history(of: "d") == [.user("mine")])
        #expect(try await backend.messages(of: "c") == [])
        try await backend.close()
    }

    @Test func creatingSweepsThem() async throws {
        try await backend.createConversation("d")
        #expect(try execute("SELECT conversation FROM conversations WHERE conversation_id = 'd'") == [["2"]])
        #expect(try messagesOfReusedNumber() == [])
        #expect(try await backend.append(.user("new"), to: "d").sequence == 1)
        #expect(try await backend.messages(of: "d").map(\.content) == ["new"])
        try await backend.close()
    }

    @Test func restoringSweepsThem() async throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        try await backend.restoreConversation(
            ConversationSnapshot(
                id: "c", createdAt: time, updatedAt: time,
                messages: [.init(sequence: 1, role: .user, content: "new", createdAt: time)]))
        #expect(try await backend.history(of: "c") == [.user("new")])
        #expect(try messagesOfReusedNumber() == [["new"]])
        try await backend.close()
    }

    @Test func deletingFindsNothing() async throws {
        #expect(try await backend.deleteConversation("c") == false)
        #expect(try await backend.messages(of: "other").count == 2)
        try await backend.close()
    }

    @Test func thoseOfANumberThatIsNotUsedAgainStayUnseen() async throws {
        try execute(
            """
            INSERT INTO conversations (conversation, tenant, conversation_id, created_at_us, updated_at_us, last_sequence)
            VALUES (9, '', 'last', 0, 0, 0)
            """)
        #expect(try await backend.append(.user("new"), to: "c").sequence == 1)
        #expect(try await backend.messages(of: "c").map(\.content) == ["new"])
        #expect(try orphans() == 2)
        try await backend.close()
    }

    @Test func messagesOfAConversationThatIsThereAreNeverSwept() async throws {
        // A counter that somebody put back: the messages are the user's.
        try execute("UPDATE conversations SET last_sequence = 0 WHERE conversation_id = 'other'")
        await expectError(.damaged) { try await backend.append(.user("new"), to: "other") }
        #expect(try await backend.messages(of: "other").count == 2)
        try await backend.close()
    }
}
