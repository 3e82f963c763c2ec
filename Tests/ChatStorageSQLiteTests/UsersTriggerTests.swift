import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// Constraints and triggers that a user adds to the library's tables: what they refuse is told, and nothing is written.
@Suite struct UsersTriggerTests: SQLiteSuite {
    let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder()
        backend = try await folder.openStore()
        try await backend.append([.user("one"), .user("two")], to: "c")
        try await backend.append([.user("three"), .user("four")], to: "labelled", if: .create(labels: ["a", "b"]))
    }

    private func contents() throws -> [[String?]] {
        try ["conversations", "chat_messages", "conversation_labels", "conversation_metadata"].flatMap { table in
            try execute("SELECT * FROM \(table) ORDER BY 1, 2")
        }
    }

    /// What refuses a message with the text "bad", or two of them, in many ways.
    @Test(arguments: [
        "CREATE TRIGGER t BEFORE INSERT ON chat_messages WHEN new.content = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END",
        "CREATE TRIGGER t AFTER INSERT ON chat_messages WHEN new.content = 'bad' BEGIN SELECT RAISE(FAIL, 'no'); END",
        "CREATE TRIGGER t AFTER INSERT ON chat_messages WHEN new.content = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
        "CREATE TRIGGER t BEFORE INSERT ON chat_messages WHEN new.content = 'bad' BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER t BEFORE UPDATE ON conversations BEGIN SELECT RAISE(IGNORE); END",
        "CREATE UNIQUE INDEX i ON chat_messages (content)",
        "ALTER TABLE chat_messages ADD COLUMN note TEXT CHECK (note IS NULL AND content <> 'bad')",
        """
        CREATE TABLE log (name TEXT PRIMARY KEY);
        CREATE TRIGGER t AFTER INSERT ON chat_messages BEGIN INSERT INTO log VALUES (new.content); END
        """,
        """
        CREATE TABLE names (name TEXT PRIMARY KEY); INSERT INTO names VALUES ('good');
        CREATE TABLE log (name TEXT REFERENCES names (name) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER t AFTER INSERT ON chat_messages BEGIN INSERT INTO log VALUES (new.content); END
        """,
        "CREATE TRIGGER t AFTER INSERT ON chat_messages BEGIN INSERT INTO missing VALUES (new.content); END",
    ])
    func whatTheyRefuseIsNotStored(sql: String) async throws {
        try execute(sql)
        let before = try contents()
        let messages: [ChatMessage] = [.user("good"), .user("bad"), .user("bad")]
        let version = try #require(await backend.conversation("c")).version
        for condition in [.createIfMissing, .exists, .unchanged(version)] as [AppendCondition] {
            let error = await #expect(throws: ChatStorageError.self) {
                try await backend.append(messages, to: "c", if: condition)
            }
            #expect(error?.code == .schemaMismatch && error?.isRetryable == false, "\(error as Any)")
        }
        #expect(try contents() == before)
        // Neighbours that are committed with it are not disturbed.
        let refused = Task { [backend] in try await backend.append(messages, to: "c") }
        #expect(try await backend.createConversation("neighbour").id == "neighbour")
        await expectError(.schemaMismatch) { try await refused.value }
        try await backend.close()
    }

    /// Rows that a trigger leaves as they are, without an error.
    @Test(arguments: [
        ("INSERT", "conversations", ["create", "append", "restore"]),
        ("UPDATE", "conversations", ["retitle", "clear", "head"]),
        ("DELETE", "conversations", ["delete"]), ("DELETE", "chat_messages", ["delete", "clear", "remove"]),
        ("INSERT", "chat_messages", ["restore"]), ("UPDATE", "chat_messages", ["revise", "remove"]),
        ("INSERT", "conversation_labels", ["label"]), ("DELETE", "conversation_labels", ["label", "unlabel"]),
        ("UPDATE", "conversation_labels", ["append to labelled", "remove from labelled", "clear labelled"]),
        ("INSERT", "conversation_metadata", ["long metadata"]),
    ])
    func whatTheyIgnoreIsTold(change: String, table: String, calls: [String]) async throws {
        try execute("CREATE TRIGGER t BEFORE \(change) ON \(table) BEGIN SELECT RAISE(IGNORE); END")
        let before = try contents()
        let backend = backend
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        for call in calls {
            await expectError(.schemaMismatch) {
                switch call {
                case "create": try await backend.createConversation("new")
                case "append": try await backend.append(.user("text"), to: "new")
                case "retitle": _ = try await backend.updateTitle(of: "c", to: "title")
                case "clear": _ = try await backend.clearMessages(of: "c")
                case "delete": _ = try await backend.deleteConversation("c")
                case "head": try await backend.updateConversation("c", .head(1))
                case "remove": try await backend.removeMessages([1], of: "c")
                case "revise": try await backend.updateMetadata(of: 1, .setting("a", to: 1), in: "c")
                case "label": try await backend.updateConversation("labelled", .adding(label: "c"))
                case "unlabel": try await backend.updateConversation("labelled", .removing(label: "a"))
                case "append to labelled": try await backend.append(.user("text"), to: "labelled")
                case "remove from labelled": try await backend.removeMessages([2], of: "labelled")
                case "clear labelled": try await backend.clearMessages(of: "labelled")
                case "long metadata":
                    let text = String(repeating: "long ", count: 1_000)
                    try await backend.updateConversation("c", .metadata(.setting("a", to: .string(text))))
                default:
                    try await backend.restoreConversation(
                        ConversationSnapshot(
                            id: "new", createdAt: time, updatedAt: time,
                            messages: [.init(sequence: 1, role: .user, content: "text", createdAt: time)]))
                }
            }
        }
        #expect(try contents() == before)
        #expect(try await backend.updateTitle(of: "missing", to: "title") == nil)
        #expect(try await backend.deleteConversation("missing") == false)
        #expect(try await backend.clearMessages(of: "missing") == 0)
        try await backend.close()
    }
}
