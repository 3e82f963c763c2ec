import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// A schema that another process changes while a store is open.
@Suite struct ChangedSchemaTests {
    /// What a migration does to the schema, the version apart.
    static let changes = [
        "ALTER TABLE chat_messages ADD COLUMN note TEXT", "ALTER TABLE conversations RENAME COLUMN title TO name",
    ]

    @Test(arguments: changes, [false, true])
    func aNewerSchemaIsNoticedByAnOpenStore(change: String, isWarm: Bool) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        if isWarm {
            try await backend.append(.user("one"), to: "c")
            #expect(try await backend.conversation("c") != nil)
        }
        let other = try TestSQLiteConnection(path: path)
        try other.execute(
            "BEGIN; \(change); UPDATE chat_storage_schema SET schema_version = 9, minimum_schema_version = 9; COMMIT")
        for _ in 0..<2 {
            await expectError(.schemaTooNew) { try await backend.append(.user("two"), to: "c") }
            await expectError(.schemaTooNew) { try await backend.append(.user("two", key: "k"), to: "d") }
            await expectError(.schemaTooNew) { try await backend.conversation("c") }
            await expectError(.schemaTooNew) { try await backend.messages(of: "c", limit: 1_000) }
        }
        #expect(try other.execute("SELECT content FROM chat_messages") == (isWarm ? [["one"]] : []))
        try await backend.close()
    }

    @Test func aTableOfTheAppsOwnIsNoReasonToStop() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await backend.append(.user("one"), to: "c")
        try TestSQLiteConnection(path: path).execute("CREATE TABLE app (id INTEGER); ANALYZE")
        #expect(try await backend.append(.user("two"), to: "c").sequence == 2)
        #expect(try await backend.messages(of: "c").count == 2)
        try await backend.close()
    }
}
