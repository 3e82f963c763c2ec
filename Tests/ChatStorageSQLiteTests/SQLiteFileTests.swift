import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// What happens to files: which are made, how, and which are left alone.
@Suite struct SQLiteFileTests: SQLiteSuite {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func newFilesAreReadableByTheirOwnerOnly() async throws {
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await backend.append(.user("hello"), to: "c")
        for name in ["chat.db", "chat.db-wal", "chat.db-shm"] {
            let mode = try FileManager.default.attributesOfItem(atPath: folder.path(of: name))[.posixPermissions]
            #expect(mode as? Int == 0o600, "\(name)")
        }
        try await backend.close()
    }

    @Test func readingBeforePrepareMakesNoFile() async throws {
        let backend = try await SQLiteBackend(path: path)
        await expectError(.notPrepared) { try await backend.conversation("c") }
        await expectError(.notPrepared) { try await backend.append(.user("hello"), to: "c") }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: [
        "CREATE TABLE conversations (id INTEGER)",
        "CREATE TABLE Chat_Messages (id INTEGER)",
        "CREATE VIEW conversations AS SELECT 1",
        "CREATE TABLE chat_roles (id INTEGER)",
        "CREATE TABLE conversation_labels (id INTEGER)",
        "CREATE TABLE conversation_metadata (id INTEGER)",
        "CREATE TABLE chat_storage_schema (version, minimum_version)",
        """
        CREATE TABLE conversations (id INTEGER); CREATE TABLE chat_messages (id INTEGER);
        CREATE TABLE chat_roles (id INTEGER); CREATE TABLE chat_storage_schema (other)
        """,
        "PRAGMA encoding = 'UTF-16'; CREATE TABLE app (id INTEGER)",
    ])
    func aDatabaseThatIsNotOursIsRefusedUntouched(sql: String) async throws {
        try TestSQLiteConnection(path: path).execute(sql)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let backend = try await SQLiteBackend(path: path)
        await expectError(.schemaMismatch) { try await backend.prepare() }
        await expectError(.schemaMismatch) { try await backend.append(.user("hello"), to: "c") }
        try await backend.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func readingLeavesNoFilesBehind() async throws {
        let writer = try await SQLiteBackend(path: path)
        try await writer.prepare()
        try await writer.append(.user("hello"), to: "c")
        try await writer.close()
        let reader = try await SQLiteBackend(path: path)
        #expect(try await reader.messages(of: "c").count == 1)
        try await reader.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.db"])
    }

    @Test func otherTablesInTheFileAreLeftAlone() async throws {
        let other = try TestSQLiteConnection(path: path)
        try other.execute("CREATE TABLE app (text TEXT); INSERT INTO app VALUES ('kept'); PRAGMA user_version = 7")
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await backend.append(.user("hello"), to: "c")
        try await backend.close()
        #expect(try other.execute("SELECT text FROM app") == [["kept"]])
        #expect(try other.execute("PRAGMA user_version") == [["7"]])
    }

    @Test func timesAreReadableInTheViews() async throws {
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        for (id, time) in [("old", "0001-01-01T00:00:00.000001Z"), ("before 1970", "1969-12-31T23:59:59.999999Z")] {
            let time = try #require(Timestamp(time))
            try await backend.restoreConversation(
                ConversationSnapshot(
                    id: ConversationID(id), createdAt: time, updatedAt: .latest,
                    messages: [.init(sequence: 1, role: .user, content: "", createdAt: time)]))
        }
        try await backend.close()
        let rows = try TestSQLiteConnection(path: path).execute(
            """
            SELECT c.created_at, c.updated_at, m.created_at FROM readable_conversations c
            JOIN readable_messages m USING (tenant, conversation_id) ORDER BY c.created_at
            """)
        let latest = "9999-12-31T23:59:59.999999Z"
        #expect(
            rows == [
                ["0001-01-01T00:00:00.000001Z", latest, "0001-01-01T00:00:00.000001Z"],
                ["1969-12-31T23:59:59.999999Z", latest, "1969-12-31T23:59:59.999999Z"],
            ])
    }

    #if os(Linux)
    @Test(.timeLimit(.minutes(5))) func closingLeavesNoDescriptorOpen() async throws {
        for _ in 0..<20 {
            let backend = try await SQLiteBackend(path: path)
            try await backend.prepare()
            try await backend.append(.user("hello"), to: "c")
            _ = try await backend.messages(of: "c", limit: 1000)
            try await backend.close()
        }
        #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
        _ = try await SQLiteBackend(path: path).conversation("dropped without closing")
        // The thread that opened a connection may be the last to let go of it.
        while try !openDescriptors().isEmpty { await Task.yield() }
    }

    private func openDescriptors() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter { descriptor in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            return target?.hasPrefix(folder.path) ?? false
        }
    }
    #endif
}
