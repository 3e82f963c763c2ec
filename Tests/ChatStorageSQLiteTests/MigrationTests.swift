import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// The way from one version of the tables to the next, shown with next versions that no library has.
@Suite struct MigrationTests {
    /// A version that may come after this one: it adds, so that processes of this version go on.
    private static let addition = Schema(
        versions: Schema.current.versions + [
            """
            ALTER TABLE chat_messages ADD COLUMN note TEXT;
            UPDATE chat_messages SET note = 'made by version 1';
            UPDATE chat_storage_schema SET schema_version = 2;
            """
        ])
    /// The same and one more, which shuts processes of the versions before out.
    private static let change = Schema(
        versions: addition.versions + [
            """
            DROP VIEW readable_messages;
            UPDATE chat_storage_schema SET schema_version = 3, minimum_schema_version = 3;
            """
        ])
    /// One whose second statement fails.
    private static let broken = Schema(
        versions: Schema.current.versions + [
            """
            ALTER TABLE chat_messages ADD COLUMN note TEXT;
            ALTER TABLE chat_messages ADD COLUMN sequence TEXT;
            UPDATE chat_storage_schema SET schema_version = 2;
            """
        ])

    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path(of: "chat.db")
    }

    private func open(_ schema: Schema = .current) throws -> SQLiteBackend {
        try SQLiteBackend(SQLiteBackend.Configuration(path: path), schema: schema)
    }

    /// Makes a file of this version with a conversation in it.
    private func makeFile() async throws {
        let backend = try open()
        try await backend.prepare()
        try await backend.createConversation("c", title: "Kept")
        try await backend.append([.user("one", key: "k"), .assistant("two", key: "l")], to: "c")
        try await backend.close()
    }

    private func execute(_ sql: String) throws -> [[String?]] { try TestSQLiteConnection(path: path).execute(sql) }

    private func recorded() throws -> [[String?]] {
        try execute("SELECT schema_version, minimum_schema_version FROM chat_storage_schema")
    }

    /// What a file is made of.
    private func columns(of path: String) throws -> [[String?]] {
        try TestSQLiteConnection(path: path).execute(
            """
            SELECT t.name, c.name, c.type, c."notnull", c.pk, c.dflt_value
            FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type IN ('table', 'view') UNION ALL
            SELECT t.name, i.name, i."unique", i.partial, i.origin, NULL
            FROM sqlite_schema t, pragma_index_list(t.name) i ORDER BY 1, 2
            """)
    }

    private func expectKept(_ backend: SQLiteBackend, next sequence: Int64) async throws {
        let conversation = try await backend.conversation("c")
        #expect(conversation?.title == "Kept" && conversation?.lastSequence == sequence - 1)
        #expect(try await backend.messages(of: "c", .before(3), limit: 9).map(\.content) == ["one", "two"])
        let repeated = try await backend.append([.user("one", key: "k"), .assistant("two", key: "l")], to: "c")
        #expect(repeated.map(\.sequence) == [1, 2])
        #expect(try await backend.append(.user("next"), to: "c").sequence == sequence)
    }

    // MARK: Nothing before the first release

    /// The tables as they were before the first release, in their first version, with a conversation in them.
    private static let formerTables = """
        CREATE TABLE conversations (
            tenant TEXT NOT NULL, conversation_id TEXT NOT NULL, title TEXT, created_at_us INTEGER NOT NULL,
            updated_at_us INTEGER NOT NULL, last_sequence INTEGER NOT NULL, PRIMARY KEY (tenant, conversation_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX conversations_recency ON conversations (tenant, updated_at_us DESC, conversation_id);
        CREATE TABLE chat_messages (
            tenant TEXT NOT NULL, conversation_id TEXT NOT NULL, sequence INTEGER NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')), content TEXT NOT NULL,
            created_at_us INTEGER NOT NULL, PRIMARY KEY (tenant, conversation_id, sequence),
            FOREIGN KEY (tenant, conversation_id) REFERENCES conversations (tenant, conversation_id) ON DELETE CASCADE
        ) STRICT;
        CREATE TABLE chat_storage_schema (
            single_row INTEGER PRIMARY KEY CHECK (single_row = 1), version INTEGER NOT NULL,
            minimum_version INTEGER NOT NULL
        ) STRICT;
        INSERT INTO chat_storage_schema VALUES (1, 1, 1);
        INSERT INTO conversations VALUES ('', 'old', 'Kept', 1000000, 2000000, 1);
        INSERT INTO chat_messages VALUES ('', 'old', 1, 'user', 'one', 1000000);
        """

    @Test(arguments: [
        "", "ALTER TABLE chat_messages ADD COLUMN message_key TEXT; UPDATE chat_storage_schema SET version = 2",
    ])
    func aFileFromBeforeTheFirstReleaseIsRefusedUntouched(upgrade: String) async throws {
        _ = try execute(Self.formerTables + upgrade)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        for schema in [Schema.current, Self.addition] {
            let backend = try open(schema)
            await expectError(.schemaMismatch) { try await backend.prepare(.verify) }
            await expectError(.schemaMismatch) { try await backend.prepare() }
            await expectError(.schemaMismatch) { try await backend.conversation("old") }
            await expectError(.schemaMismatch) { try await backend.append(.user("two"), to: "old") }
            try await backend.close()
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    // MARK: A next version

    @Test func anOlderFileIsNotPreparedUntilItIsMigrated() async throws {
        try await makeFile()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let backend = try open(Self.addition)
        await expectError(.notPrepared) { try await backend.prepare(.verify) }
        await expectError(.notPrepared) { try await backend.conversation("c") }
        await expectError(.notPrepared) { try await backend.append(.user("three"), to: "c") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        try await backend.prepare()
        #expect(try recorded() == [["2", "1"]])
        try await expectKept(backend, next: 3)
        #expect(try execute("SELECT note FROM chat_messages") == [["made by version 1"], ["made by version 1"], [nil]])
        try await backend.close()
    }

    @Test(arguments: [addition, change]) func aMigratedFileIsLikeANewOne(schema: Schema) async throws {
        try await makeFile()
        let migrated = try open(schema)
        try await migrated.prepare()
        try await migrated.close()
        let newPath = folder.path(of: "new.db")
        let new = try SQLiteBackend(SQLiteBackend.Configuration(path: newPath), schema: schema)
        try await new.prepare()
        try await new.close()
        #expect(try columns(of: path) == columns(of: newPath))
        #expect(try recorded().first?.first == "\(schema.version)")
    }

    @Test func whatFailsLeavesTheFileAsItWas() async throws {
        try await makeFile()
        let before = try columns(of: path)
        let backend = try open(Self.broken)
        await expectError(.schemaMismatch) { try await backend.prepare() }
        await expectError(.notPrepared) { try await backend.conversation("c") }
        try await backend.close()
        #expect(try columns(of: path) == before)
        #expect(try recorded() == [["1", "1"]])
        try await expectKept(open(), next: 3)
    }

    @Test func manyMigrateAtOnce() async throws {
        try await makeFile()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...16 {
                group.addTask {
                    let backend = try open(Self.change)
                    try await backend.prepare()
                    #expect(try await backend.messages(of: "c").count == 2)
                    try await backend.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(try recorded() == [["3", "3"]])
        // Each version's statements ran once: a second time they would have failed.
        try await expectKept(open(Self.change), next: 3)
    }

    // MARK: A process of the older version

    @Test func itGoesOnWhereTheNewerVersionLetsIt() async throws {
        try await makeFile()
        let old = try open()
        try await old.prepare()
        try await expectKept(old, next: 3)
        let new = try open(Self.addition)
        try await new.prepare()
        for sequence in stride(from: Int64(4), to: 10, by: 2) {
            try await expectKept(old, next: sequence)
            try await expectKept(new, next: sequence + 1)
        }
        // One that begins now, too; it takes nothing back.
        let late = try open()
        try await late.prepare()
        try await expectKept(late, next: 10)
        #expect(try recorded() == [["2", "1"]])
        #expect(try execute("SELECT count(*) FROM chat_messages WHERE note IS NULL") == [["7"]])
        for backend in [old, new, late] { try await backend.close() }
    }

    @Test func itIsShutOutWhereTheNewerVersionSaysSo() async throws {
        try await makeFile()
        let old = try open(Self.addition)
        try await old.prepare()
        try await expectKept(old, next: 3)
        let new = try open(Self.change)
        try await new.prepare()
        for backend in [old, try open(Self.addition), try open()] {
            await expectError(.schemaTooNew) { try await backend.append(.user("late"), to: "c") }
            await expectError(.schemaTooNew) { try await backend.messages(of: "c") }
            await expectError(.schemaTooNew) { try await backend.conversations(limit: 5) }
        }
        for preparation in [Preparation.migrate, .verify] {
            await expectError(.schemaTooNew) { try await open().prepare(preparation) }
        }
        try await expectKept(new, next: 4)
        #expect(try recorded() == [["3", "3"]])
        for backend in [old, new] { try await backend.close() }
    }
}
