import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// Foreign keys are a setting of each connection, off by default (https://www.sqlite.org/foreignkeys.html#fk_enable).
@Suite struct ForeignKeyTests {
    /// A message of a conversation that does not exist, and one of a role that does not.
    static let rows = ["99, 1, 1, 'text', 0", "new.conversation, 1, 99, 'text', 0"]

    /// A trigger runs on the connection that fires it, so this is the backend's own.
    @Test(arguments: [SQLiteBackend.Configuration.JournalMode.wal, .delete], rows)
    func theBackendsOwnConnectionRefusesOrphans(
        _ mode: SQLiteBackend.Configuration.JournalMode, row: String
    ) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        var configuration = SQLiteBackend.Configuration(path: path)
        configuration.journalMode = mode
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        let connection = try TestSQLiteConnection(path: path)
        try connection.execute(
            """
            CREATE TRIGGER orphan AFTER INSERT ON conversations WHEN new.conversation_id = 'parent' BEGIN
                INSERT INTO chat_messages (conversation, sequence, role, content, created_at_us) VALUES (\(row));
            END
            """)
        for handle in [backend, try await SQLiteBackend(configuration)] {
            let error = await #expect(throws: ChatStorageError.self) { try await handle.createConversation("parent") }
            // SQLITE_CONSTRAINT_FOREIGNKEY
            #expect(error?.cause?.code == "787", "\(error as Any)")
            try await handle.append(.user("text"), to: "other")
        }
        #expect(try connection.execute("SELECT * FROM chat_messages WHERE conversation = 99 OR role = 99") == [])
        try await backend.close()
    }
}
