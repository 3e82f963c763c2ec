import ChatStorageCore
import ChatStorageInMemory
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

/// Other programs' SQLite files.
@Suite struct SQLiteFileTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path(of: "chat.db")
    }

    private func read(_ sql: String) async throws -> [ChatFile.Entry] {
        try TestSQLiteConnection(path: path).execute(sql)
        return try await read()
    }

    private func read() async throws -> [ChatFile.Entry] {
        try await ChatFile(path: path, roles: RoleSet.withTools.roles).reduce(into: []) { $0.append($1) }
    }

    private func message() async throws -> String? {
        do {
            _ = try await read()
            return nil
        } catch let error as ChatFileError {
            return error.message
        }
    }

    /// As SQLAlchemy makes them of models with `String`, `Text` and `DateTime` columns.
    private static let sqlAlchemy = """
        CREATE TABLE conversations (
            conversation_id VARCHAR(100) NOT NULL,
            title VARCHAR(200),
            created_at DATETIME NOT NULL,
            updated_at DATETIME NOT NULL,
            PRIMARY KEY (conversation_id)
        );
        CREATE TABLE chat_messages (
            id INTEGER NOT NULL,
            conversation_id VARCHAR(100) NOT NULL,
            role VARCHAR(20) NOT NULL,
            content TEXT NOT NULL,
            created_at DATETIME NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY(conversation_id) REFERENCES conversations (conversation_id) ON DELETE CASCADE
        );
        """

    @Test func sqlAlchemysTablesComeOverExactly() async throws {
        let entries = try await read(
            Self.sqlAlchemy + """
                INSERT INTO conversations VALUES
                    ('b', 'Grüße 👋', '2026-01-02 03:04:05.000000', '2026-01-02 03:04:09.123456'),
                    ('a', NULL, '2025-12-31 23:59:59.999999', '2026-01-01 00:00:00.000000');
                INSERT INTO chat_messages VALUES
                    (1, 'b', 'user', 'one\r\n', '2026-01-02 03:04:06.000001'),
                    (2, 'a', 'system', '', '2026-01-01 00:00:00.000000'),
                    (3, 'b', 'assistant', 'two', '2026-01-02 03:04:06.000001'),
                    (4, 'b', 'user', 'three', '2026-01-02 03:04:09.123456');
                """)
        #expect(entries.map(\.id) == ["b", "a"] && entries.map(\.element) == [1, 2])
        let first = try #require(entries[0].conversation).snapshot(importTime: .now())
        #expect(first.title == "Grüße 👋" && first.createdAt == Timestamp("2026-01-02T03:04:05Z"))
        #expect(first.updatedAt == Timestamp("2026-01-02T03:04:09.123456Z"))
        #expect(first.messages.map(\.body) == [.user("one\r\n"), .assistant("two"), .user("three")])
        #expect(first.messages.map(\.createdAt.description).last == "2026-01-02T03:04:09.123456Z")
        #expect(first.messages.map(\.sequence) == [1, 2, 3])
        let second = try #require(entries[1].conversation)
        #expect(second.title == nil && second.messages.map(\.body) == [.system("")] && second.leftOut.isEmpty)

        let store = InMemoryBackend()
        try await store.prepare()
        let summary = try await Importer(storage: store).run(ChatFile(path: path))
        #expect(summary.imported == 2 && summary.messages == 4)
        #expect(try await Importer(storage: store).run(ChatFile(path: path)).unchanged == 2)
    }

    @Test func aForeignKeyToTheNumberIsFollowed() async throws {
        let entries = try await read(
            """
            CREATE TABLE conversations (
                id INTEGER PRIMARY KEY, conversation_id VARCHAR(100) UNIQUE, title TEXT, created_at TEXT, updated_at TEXT,
                user_name TEXT);
            CREATE TABLE chat_messages (
                id INTEGER PRIMARY KEY, conversation_id INTEGER REFERENCES conversations (id), role TEXT, content TEXT,
                created_at TEXT, tokens INTEGER, metadata JSON);
            INSERT INTO conversations VALUES (7, 'x', 't', NULL, NULL, 'ada');
            INSERT INTO chat_messages VALUES (1, 7, 'user', 'hi', '2026-01-01T00:00:00+01:00', 5, '{"k": [1]}');
            """)
        let conversation = try #require(entries.first?.conversation)
        #expect(conversation.id == "x" && conversation.metadata["user_name"] == "ada")
        #expect(conversation.messages.first?.createdAt == Timestamp("2025-12-31T23:00:00Z"))
        #expect(conversation.messages.first?.body.metadata == ["tokens": 5, "metadata": ["k": [1]]])
    }

    @Test(arguments: [
        ("(1, 'a', 'user', x'00', '2026-01-01 00:00:00')", "chat_messages[].content is a blob"),
        ("(1, 'a', 'user', CAST(x'ff' AS TEXT), '2026-01-01 00:00:00')", "chat_messages[].content is not UTF-8"),
        ("(1, 'a', 'user', 'secret', 'secret')", "chat_messages[].created_at is not a time"),
        ("(1, 'a', 'user', 1.5, '2026-01-01 00:00:00')", nil),
        ("(1, 'a', 'robot', 'secret', '2026-01-01 00:00:00')", "role \"robot\""),
        ("(1, 'a', 'user', 'x', 99999999999999999)", "chat_messages[].created_at is not a time"),
    ])
    func oneOddRowSpoilsItsConversationOnly(row: String, reason: String?) async throws {
        let entries = try await read(
            Self.sqlAlchemy + """
                INSERT INTO conversations VALUES ('a', NULL, 0, 0), ('b', NULL, 0, 0);
                INSERT INTO chat_messages VALUES \(row), (2, 'b', 'user', 'fine', 0);
                """)
        #expect(entries.map(\.id) == ["a", "b"])
        if let reason {
            #expect(entries[0].reason?.contains(reason) == true, "\(entries[0].reason ?? "")")
            #expect(entries[0].reason?.contains("secret") == false)
        } else {
            #expect(entries[0].conversation != nil)
        }
        #expect(entries[1].conversation?.messages.count == 1)
    }

    @Test func agentsSessionsHaveTheirBranches() async throws {
        let entries = try await read(
            """
            CREATE TABLE agent_sessions (session_id TEXT PRIMARY KEY, created_at TIMESTAMP, updated_at TIMESTAMP);
            CREATE TABLE agent_messages (
                id INTEGER PRIMARY KEY, session_id TEXT, message_data TEXT, created_at TIMESTAMP);
            CREATE TABLE message_structure (
                id INTEGER PRIMARY KEY, session_id TEXT, message_id INTEGER, branch_id TEXT, sequence_number INTEGER);
            INSERT INTO agent_sessions VALUES ('s', '2026-01-01 00:00:00', '2026-01-01 00:00:00');
            INSERT INTO agent_messages VALUES
                (1, 's', '{"role": "user", "content": "weather?"}', '2026-01-01 00:00:00'),
                (2, 's', '{"id": "rs_1", "type": "reasoning", "summary": []}', '2026-01-01 00:00:00'),
                (3, 's', '{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}', '2026-01-01 00:00:00'),
                (4, 's', '{"type": "function_call_output", "call_id": "c", "output": "rain"}', '2026-01-01 00:00:00'),
                (5, 's', '{"role": "assistant", "content": "Rain."}', '2026-01-01 00:00:00'),
                (6, 's', '{"role": "user", "content": "in F"}', '2026-01-01 00:00:00'),
                (7, 's', '{"role": "assistant", "content": "64"}', '2026-01-01 00:00:00'),
                (8, 's', '{"role": "user", "content": "in K"}', '2026-01-01 00:00:00'),
                (9, 's', '{"role": "assistant", "content": "291"}', '2026-01-01 00:00:00');
            INSERT INTO message_structure (session_id, message_id, branch_id, sequence_number)
                SELECT 's', id, 'main', id FROM agent_messages WHERE id <= 7
                UNION ALL SELECT 's', id, 'a branch', id FROM agent_messages WHERE id <= 5 OR id >= 8;
            """)
        let conversation = try #require(entries.first?.conversation)
        #expect(
            conversation.messages.map(\.role) == [
                .user, .assistant, .tool, .assistant, .user, .assistant, .user, .assistant,
            ])
        #expect(conversation.messages[1].body.parts.map(\.kind) == [.reasoning, .toolCall])
        #expect(conversation.messages.map(\.predecessor) == [nil, nil, nil, nil, nil, nil, 4, nil])
        #expect(conversation.head == 6)
    }

    @Test(arguments: ["wal", "delete"])
    func aFileInUseIsReadAndNotChanged(mode: String) async throws {
        let other = try TestSQLiteConnection(path: path)
        try other.execute(
            "PRAGMA journal_mode = \(mode);" + Self.sqlAlchemy + """
                INSERT INTO conversations VALUES ('a', NULL, 0, 0);
                INSERT INTO chat_messages VALUES (1, 'a', 'user', 'in the log', 0);
                """)
        let before = try contents()
        #expect(try await read().first?.conversation?.messages.map(\.content) == ["in the log"])
        #expect(try contents() == before)
        try other.execute("INSERT INTO chat_messages VALUES (2, 'a', 'user', 'more', 0)")
        #expect(try await read().first?.conversation?.messages.count == 2)
    }

    @Test func aFileWithALogThatNobodyHasOpenGetsNoFilesBesideIt() async throws {
        try TestSQLiteConnection(path: path).execute(
            "PRAGMA journal_mode = wal;" + Self.sqlAlchemy + "INSERT INTO conversations VALUES ('a', NULL, 0, 0)")
        #expect(try contents().keys.sorted() == ["chat.db"])
        let before = try contents()
        #expect(try await read().map(\.id) == ["a"])
        #expect(try contents() == before)
    }

    @Test func otherDatabasesAreNamed() async throws {
        try TestSQLiteConnection(path: path).execute("CREATE TABLE chat_storage_schema (x)")
        #expect(try await message()?.contains("is a store of this library") == true)
        try FileManager.default.removeItem(atPath: path)
        try TestSQLiteConnection(path: path).execute("CREATE TABLE things (x)")
        #expect(try await message()?.contains("without tables of chats") == true)
        try Data("SQLite format 3\0 and nothing else".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try await message()?.contains("is not a SQLite database, or is encrypted") == true)
    }

    /// Messages are put in order before any is returned, so the damage is met first.
    @Test func aDamagedFileIsRefusedAsAWhole() async throws {
        let other = try TestSQLiteConnection(path: path)
        try other.execute(Self.sqlAlchemy)
        for number in 0..<400 {
            try other.execute(
                """
                INSERT INTO conversations VALUES ('c\(number)', NULL, 0, 0);
                INSERT INTO chat_messages VALUES (NULL, 'c\(number)', 'user', hex(zeroblob(800)), 0)
                """)
        }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let middle = bytes.count / 2
        bytes.replaceSubrange(middle..<(middle + 40_960), with: Data(repeating: 0xa5, count: 40_960))
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = await #expect(throws: ChatFileError.self) { try await read() }
        #expect(error?.message == "is a damaged SQLite database", "\(error as Any)")
    }

    /// What each sample is read as: conversations and messages.
    @Test(
        .enabled(if: SampleFiles.areThere),
        arguments: [
            ("generated__openai_agents_sessions.db", 2, 8), ("generated__openai_agents_advanced.db", 1, 8),
            ("generated__llm_logs_v027.db", 3, 11), ("quentinous+chatgpt-export-studio__test.sqlite3", 2, 6),
            ("generated__llm_logs.db", 3, 11),
            ("generated__langchain_message_store.db", 2, 9),
            ("generated__openwebui_webui.db", 3, 8),
        ])
    func samples(name: String, conversations: Int, messages: Int) async throws {
        try SampleFiles.data("sql/\(name)").write(to: URL(fileURLWithPath: path))
        let entries = try await read()
        #expect(entries.compactMap(\.conversation).count == conversations && entries.count == conversations)
        #expect(entries.compactMap(\.conversation).reduce(0) { $0 + $1.messages.count } == messages)
        let store = InMemoryBackend(roles: .withTools)
        try await store.prepare()
        let summary = try await Importer(storage: store).run(ChatFile(path: path, roles: RoleSet.withTools.roles))
        #expect(summary.imported == conversations && summary.messages == messages)
    }

    /// All files and their bytes, but for the index of a log, which readers write too.
    private func contents() throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try names.reduce(into: [:]) { contents, name in
            contents[name] =
                name.hasSuffix("-shm") ? Data() : try Data(contentsOf: URL(fileURLWithPath: folder.path(of: name)))
        }
    }
}
