import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// Stores that versions of the library from before its first release made, whose schemas were numbered 1 to 3.
@Suite struct FormerSchemaTests {
    private static func tables(_ schema: String, version: Int) -> String {
        """
        CREATE SCHEMA \(schema);
        CREATE TABLE \(schema).conversations (
            tenant text COLLATE "C" NOT NULL, conversation_id text COLLATE "C" NOT NULL, title text,
            created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, last_sequence bigint NOT NULL,
            \(version > 2 ? "cleared_through bigint NOT NULL DEFAULT 0," : "")
            CONSTRAINT conversations_pkey PRIMARY KEY (tenant, conversation_id)
        );
        CREATE TABLE \(schema).chat_messages (
            tenant text COLLATE "C" NOT NULL, conversation_id text COLLATE "C" NOT NULL, sequence bigint NOT NULL,
            role text COLLATE "C" NOT NULL, content text NOT NULL, created_at timestamptz NOT NULL,
            \(version > 1 ? "message_key text COLLATE \"C\"," : "")
            CONSTRAINT chat_messages_pkey PRIMARY KEY (tenant, conversation_id, sequence),
            CONSTRAINT chat_messages_role_check CHECK (role IN ('assistant', 'system', 'user')),
            CONSTRAINT chat_messages_conversation_fkey FOREIGN KEY (tenant, conversation_id)
                REFERENCES \(schema).conversations (tenant, conversation_id) ON DELETE CASCADE
        );
        CREATE TABLE \(schema).chat_storage_schema (
            single_row boolean DEFAULT true, version integer NOT NULL, minimum_version integer NOT NULL,
            CONSTRAINT chat_storage_schema_pkey PRIMARY KEY (single_row),
            CONSTRAINT chat_storage_schema_single_row_check CHECK (single_row)
        );
        INSERT INTO \(schema).chat_storage_schema (version, minimum_version) VALUES (\(version), 1);
        INSERT INTO \(schema).conversations VALUES ('', 'old', 'Kept', '2026-01-01', '2026-01-02', 2);
        INSERT INTO \(schema).chat_messages
        VALUES ('', 'old', 1, 'user', 'one', '2026-01-01'), ('', 'old', 2, 'user', 'two', '2026-01-02')
        """
    }

    private func contents(_ schema: String) async throws -> [[String?]] {
        var contents = try await TestPostgres.execute(
            """
            SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = '\(schema)'
            UNION ALL SELECT tablename, indexname FROM pg_indexes WHERE schemaname = '\(schema)' ORDER BY 1, 2
            """)
        for table in ["conversations", "chat_messages", "chat_storage_schema"] {
            contents += try await TestPostgres.execute("SELECT xmin, t::text FROM \(schema).\(table) t ORDER BY 2")
        }
        return contents
    }

    @Test(arguments: 1...3)
    func theyAreRefusedUnchanged(version: Int) async throws {
        try await TestPostgres.withSchema { url, schema in
            try await TestPostgres.execute(Self.tables(schema, version: version))
            let before = try await contents(schema)
            let backend = try await PostgresBackend(configuration(url, schema))
            let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
            #expect(error?.code == .schemaMismatch)
            #expect(error?.message.contains("before the library's first release") == true)
            await expectError(.schemaMismatch) { try await backend.conversation("old") }
            await expectError(.schemaMismatch) { try await backend.append(.user("three"), to: "old") }
            #expect(try await contents(schema) == before)
            try await backend.close()
        }
    }

    /// They read these columns first, and take a table without them for another program's.
    @Test func theyDoNotTakeANewStoreForTheirs() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            try await backend.close()
            let error = await #expect(throws: TestPostgresError.self) {
                try await TestPostgres.execute(
                    "SELECT version::bigint, minimum_version::bigint FROM \(schema).chat_storage_schema")
            }
            #expect(error?.sqlState == "42703")
        }
    }
}
