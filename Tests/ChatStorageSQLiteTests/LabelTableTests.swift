import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// The rows by which a label's conversations are found: always equal to the labels in the conversations' rows.
@Suite struct LabelTableTests: SQLiteSuite {
    let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder()
        backend = try await folder.openStore()
    }

    /// Expects the table to say what the conversations say, and no more.
    private func expectEqual(rows: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let stored = try execute(
            """
            SELECT conversation, tenant, label, updated_at_us, conversation_id FROM conversation_labels
            ORDER BY conversation, label
            """)
        let expected = try execute(
            """
            SELECT c.conversation, c.tenant, label.value, c.updated_at_us, c.conversation_id
            FROM conversations c, json_each(c.labels) AS label ORDER BY c.conversation, label.value
            """)
        #expect(stored == expected, sourceLocation: sourceLocation)
        #expect(stored.count == rows, sourceLocation: sourceLocation)
    }

    private func listed(_ label: Label, limit: Int = 50) async throws -> [ConversationID] {
        try await backend.conversations(ConversationQuery(limit: limit, with: [label])).items.map(\.id)
    }

    @Test func theyFollowEveryChangeOfTheConversation() async throws {
        try await backend.createConversation(NewConversation("a", labels: ["x", "y"]))
        try expectEqual(rows: 2)
        try await backend.append(.user("one"), to: "a")
        try expectEqual(rows: 2)
        try await backend.append(.user("two"), to: "a", if: .exists)
        try expectEqual(rows: 2)
        let version = try #require(await backend.conversation("a")).version
        try await backend.append(.user("three", key: "k"), to: "a", if: .unchanged(version))
        try expectEqual(rows: 2)
        try await backend.append(NewMessages([.user("four")], to: "a", marksRead: true))
        try expectEqual(rows: 2)
        try await backend.append(.user("five"), to: "a", if: .create(title: "Not mine", labels: ["z"]))
        try expectEqual(rows: 2)
        try await backend.append(.user("one"), to: "b", if: .create(labels: ["x", "\u{e9}", "e\u{301}"]))
        try expectEqual(rows: 5)
        try await backend.updateConversation("b", .adding(label: "new").removing(label: "x"))
        try expectEqual(rows: 5)
        try await backend.updateConversation("b", .title("A title"))
        try expectEqual(rows: 5)
        try await backend.updateConversation("b", .title("Another").keepingPlace().adding(label: "x"))
        try expectEqual(rows: 6)
        try await backend.updateConversation("b", .read(through: 1).metadata(.setting("n", to: 1)))
        try expectEqual(rows: 6)
        try await backend.append(NewMessages([.user("other")], to: "a", .insteadOf(5)))
        try expectEqual(rows: 6)
        try await backend.append(NewMessages([.assistant("")], to: "a", isStreaming: true))
        try expectEqual(rows: 6)
        try await backend.updateConversation("a", .head(5))
        try expectEqual(rows: 6)
        #expect(try await backend.removeMessages([2], of: "a") == 1)
        try expectEqual(rows: 6)
        #expect(try await backend.removeMessages(MessageRemoval(.from(6), of: "a")) == 2)
        try expectEqual(rows: 6)
        #expect(try await backend.clearMessages(of: "a") == 4)
        try expectEqual(rows: 6)
        try await backend.tenant("t").append(.user("one"), to: "a", if: .create(labels: ["x"]))
        try expectEqual(rows: 7)
        #expect(try await listed("x") == ["a", "b"])
        #expect(try await listed("e\u{301}") == ["b"])
        #expect(try await backend.deleteConversation(ConversationDeletion("b", without: ["new"])) == false)
        try expectEqual(rows: 7)
        #expect(try await backend.deleteConversation("b"))
        try expectEqual(rows: 3)
        try await backend.updateConversation("a", .removing(label: "x").removing(label: "y"))
        try expectEqual(rows: 1)
        #expect(try execute("SELECT labels FROM conversations WHERE tenant = ''") == [[nil]])
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        try await backend.restoreConversation(
            ConversationSnapshot(id: "c", createdAt: time, updatedAt: time, labels: ["x", "old"]))
        try expectEqual(rows: 3)
        try await backend.close()
    }

    @Test func whatFailsChangesNone() async throws {
        let labels = Set((1...32).map { Label("\($0)") })
        try await backend.createConversation(NewConversation("a", labels: labels))
        await expectError(.tooManyLabels) { try await backend.updateConversation("a", .adding(label: "more")) }
        await expectError(.conversationExists) {
            try await backend.createConversation(NewConversation("a", labels: ["more"]))
        }
        await expectError(.conflict) {
            try await backend.append(
                .user("one"), to: "a", if: .unchanged(ConversationVersion(createdAt: .earliest, lastSequence: 0)))
        }
        try expectEqual(rows: 32)
        try await backend.close()
    }

    @Test func aConversationWithoutLabelsTouchesNone() async throws {
        for change in ["INSERT", "UPDATE", "DELETE"] {
            try execute(
                """
                CREATE TRIGGER t\(change) BEFORE \(change) ON conversation_labels
                BEGIN SELECT RAISE(ABORT, 'no'); END
                """)
        }
        try await backend.append(.user("one"), to: "a")
        try await backend.append(.user("two"), to: "a", if: .exists)
        try await backend.updateConversation("a", .title("A title").read(through: 1))
        #expect(try await backend.clearMessages(of: "a") == 2)
        #expect(try await backend.deleteConversation("a"))
        try await backend.close()
    }

    // MARK: What another program leaves

    @Test("rows without a conversation are neither read nor taken over")
    func rowsWithoutAConversation() async throws {
        try await backend.createConversation(NewConversation("kept", labels: ["x"]))
        try await backend.createConversation(NewConversation("gone", labels: ["x", "y"]))
        try execute("PRAGMA foreign_keys = OFF; DELETE FROM conversations WHERE conversation_id = 'gone'")
        #expect(try await listed("x") == ["kept"])
        #expect(try await listed("y") == [])
        // The next conversation gets the number.
        try await backend.append(.user("one"), to: "new")
        try expectEqual(rows: 1)
        #expect(try await listed("x") == ["kept"])
        try await backend.close()
    }

    @Test func rowsUnderANumberThatSomethingElseHasAreNotRead() async throws {
        try await backend.createConversation(NewConversation("gone", labels: ["x"]))
        try execute("PRAGMA foreign_keys = OFF; DELETE FROM conversations WHERE conversation_id = 'gone'")
        try await backend.tenant("t").createConversation(NewConversation("theirs", labels: ["x"]))
        try execute("INSERT INTO conversation_labels SELECT '', 'x', 7, 'gone', conversation FROM conversations")
        #expect(try await listed("x") == [])
        try await backend.close()
    }

    @Test func aRowInThePlaceOfANewOneIsReplaced() async throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let snapshot = ConversationSnapshot(id: "c", createdAt: time, updatedAt: time, labels: ["x"])
        try await backend.restoreConversation(snapshot)
        try await backend.createConversation("highest")
        try execute("PRAGMA foreign_keys = OFF; DELETE FROM conversations WHERE conversation_id = 'c'")
        try await backend.restoreConversation(snapshot)
        try expectEqual(rows: 1)
        #expect(try await listed("x") == ["c"])
        try await backend.close()
    }
}
