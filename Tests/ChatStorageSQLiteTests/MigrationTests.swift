import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// Files that an older version of the library made.
@Suite struct MigrationTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path(of: "chat.db")
    }

    /// What version 1 made, with a conversation in it.
    private static let version1 = """
        PRAGMA journal_mode = WAL;
        CREATE TABLE conversations (
            tenant TEXT NOT NULL, conversation_id TEXT NOT NULL, title TEXT, created_at_us INTEGER NOT NULL,
            updated_at_us INTEGER NOT NULL, last_sequence INTEGER NOT NULL,
            PRIMARY KEY (tenant, conversation_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX conversations_recency ON conversations (tenant, updated_at_us DESC, conversation_id);
        CREATE TABLE chat_messages (
            tenant TEXT NOT NULL, conversation_id TEXT NOT NULL, sequence INTEGER NOT NULL,
            role TEXT NOT NULL CONSTRAINT chat_messages_role_check CHECK (role IN ('system', 'user', 'assistant')),
            content TEXT NOT NULL, created_at_us INTEGER NOT NULL,
            PRIMARY KEY (tenant, conversation_id, sequence),
            CONSTRAINT chat_messages_conversation_fkey FOREIGN KEY (tenant, conversation_id)
                REFERENCES conversations (tenant, conversation_id) ON DELETE CASCADE
        ) STRICT;
        CREATE TABLE chat_storage_schema (
            single_row INTEGER PRIMARY KEY CHECK (single_row = 1), version INTEGER NOT NULL,
            minimum_version INTEGER NOT NULL
        ) STRICT;
        INSERT INTO chat_storage_schema (single_row, version, minimum_version) VALUES (1, 1, 1);
        CREATE VIEW readable_conversations AS SELECT tenant, conversation_id, title, last_sequence FROM conversations;
        CREATE VIEW readable_messages AS SELECT tenant, conversation_id, sequence, role, content FROM chat_messages;
        INSERT INTO conversations VALUES ('', 'old', 'Kept', 1000000, 2000000, 2);
        INSERT INTO chat_messages VALUES ('', 'old', 1, 'user', 'one', 1000000), ('', 'old', 2, 'user', 'two', 2000000);
        """

    private func expectMigrated(_ backend: SQLiteBackend) async throws {
        let old = try await backend.conversation("old")
        #expect(old?.title == "Kept" && old?.lastSequence == 2)
        #expect(try await backend.history(of: "old") == [.user("one"), .user("two")])
        let stored = try await backend.append(.user("three", key: "k"), to: "old")
        #expect(stored.sequence == 3 && stored.key == "k")
        #expect(try await backend.append(.user("three", key: "k"), to: "old") == stored)
    }

    @Test func aFileOfVersion1IsNotPreparedUntilItIsMigrated() async throws {
        let file = try TestSQLiteConnection(path: path)
        try file.execute(Self.version1)
        let backend = try await SQLiteBackend(path: path)
        await expectError(.notPrepared) { try await backend.conversation("old") }
        await expectError(.notPrepared) { try await backend.append(.user("three"), to: "old") }
        #expect(try file.execute("SELECT version, minimum_version FROM chat_storage_schema") == [["1", "1"]])
        try await backend.prepare()
        try await expectMigrated(backend)
        try await backend.close()
        #expect(try file.execute("SELECT version, minimum_version FROM chat_storage_schema") == [["2", "1"]])
    }

    @Test func aMigratedFileIsLikeANewOne() async throws {
        try TestSQLiteConnection(path: path).execute(Self.version1)
        let newPath = folder.path(of: "new.db")
        var columns: [[[String?]]] = []
        for path in [path, newPath] {
            let backend = try await SQLiteBackend(path: path)
            try await backend.prepare()
            try await backend.close()
            columns.append(
                try TestSQLiteConnection(path: path).execute(
                    """
                    SELECT t.name, c.name, c.type, c."notnull" FROM sqlite_schema t, pragma_table_info(t.name) c
                    WHERE t.type = 'table' UNION ALL
                    SELECT t.name, i.name, i."unique", i.partial FROM sqlite_schema t, pragma_index_list(t.name) i
                    ORDER BY 1, 2
                    """))
        }
        #expect(columns[0] == columns[1])
    }

    @Test func manyMigrateAtOnce() async throws {
        try TestSQLiteConnection(path: path).execute(Self.version1)
        let path = path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...16 {
                group.addTask {
                    let backend = try await SQLiteBackend(path: path)
                    try await backend.prepare()
                    #expect(try await backend.messages(of: "old").count == 2)
                    try await backend.close()
                }
            }
            try await group.waitForAll()
        }
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await expectMigrated(backend)
        try await backend.close()
    }

    @Test func aProcessOfVersion1GoesOnAfterTheMigration() async throws {
        let old = try TestSQLiteConnection(path: path)
        try old.execute(Self.version1)
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await backend.append(.user("three", key: "k"), to: "old")
        // The statements of version 1.
        let read =
            "SELECT sequence, role, content, created_at_us FROM chat_messages WHERE tenant = '' ORDER BY sequence"
        #expect(try old.execute(read).map { $0[2] } == ["one", "two", "three"])
        try old.execute(
            """
            UPDATE conversations SET last_sequence = last_sequence + 1 WHERE tenant = '' AND conversation_id = 'old';
            INSERT INTO chat_messages (tenant, conversation_id, sequence, role, content, created_at_us)
            VALUES ('', 'old', 4, 'user', 'four', 2000000)
            """)
        #expect(try await backend.messages(of: "old", .after(3), limit: 9).map(\.key) == [nil])
        try old.execute("DELETE FROM chat_messages WHERE tenant = '' AND conversation_id = 'old'")
        #expect(try await backend.append(.user("five", key: "k"), to: "old").sequence == 5)
        try await backend.close()
    }

    @Test func aFileThatANewerVersionLeavesOpenIsUsed() async throws {
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await backend.close()
        let file = try TestSQLiteConnection(path: path)
        try file.execute("UPDATE chat_storage_schema SET version = 9, minimum_version = 2")
        let reader = try await SQLiteBackend(path: path)
        try await reader.prepare()
        try await reader.append(.user("one", key: "k"), to: "c")
        try await reader.close()
        #expect(try file.execute("SELECT version, minimum_version FROM chat_storage_schema") == [["9", "2"]])
    }
}
