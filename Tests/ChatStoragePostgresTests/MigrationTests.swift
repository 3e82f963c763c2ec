import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// Schemas that an older version of the library made.
@Suite struct MigrationTests {
    /// What version 1 made, with a conversation in it.
    private static func version1(_ schema: String) -> String {
        """
        CREATE SCHEMA \(schema);
        CREATE TABLE \(schema).conversations (
            tenant text COLLATE "C" NOT NULL, conversation_id text COLLATE "C" NOT NULL, title text,
            created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, last_sequence bigint NOT NULL,
            CONSTRAINT conversations_pkey PRIMARY KEY (tenant, conversation_id)
        ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
        CREATE INDEX conversations_recency ON \(schema).conversations (tenant, updated_at DESC, conversation_id);
        CREATE TABLE \(schema).chat_messages (
            tenant text COLLATE "C" NOT NULL, conversation_id text COLLATE "C" NOT NULL, sequence bigint NOT NULL,
            role text COLLATE "C" NOT NULL, content text NOT NULL, created_at timestamptz NOT NULL,
            CONSTRAINT chat_messages_pkey PRIMARY KEY (tenant, conversation_id, sequence),
            CONSTRAINT chat_messages_role_check CHECK (role IN ('assistant', 'system', 'user')),
            CONSTRAINT chat_messages_conversation_fkey FOREIGN KEY (tenant, conversation_id)
                REFERENCES \(schema).conversations (tenant, conversation_id) ON DELETE CASCADE
        ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
        CREATE TABLE \(schema).chat_storage_schema (
            single_row boolean DEFAULT true, version integer NOT NULL, minimum_version integer NOT NULL,
            CONSTRAINT chat_storage_schema_pkey PRIMARY KEY (single_row),
            CONSTRAINT chat_storage_schema_single_row_check CHECK (single_row)
        );
        INSERT INTO \(schema).chat_storage_schema (version, minimum_version) VALUES (1, 1);
        INSERT INTO \(schema).conversations VALUES ('', 'old', 'Kept', '2026-01-01', '2026-01-02', 2);
        INSERT INTO \(schema).chat_messages
        VALUES ('', 'old', 1, 'user', 'one', '2026-01-01'), ('', 'old', 2, 'user', 'two', '2026-01-02')
        """
    }

    private func withVersion1(_ body: (_ url: String, _ schema: String) async throws -> Void) async throws {
        try await TestPostgres.withSchema { url, schema in
            try await TestPostgres.execute(Self.version1(schema))
            try await body(url, schema)
        }
    }

    private func versions(_ schema: String) async throws -> [[String?]] {
        try await TestPostgres.execute("SELECT version, minimum_version FROM \(schema).chat_storage_schema")
    }

    private func expectMigrated(_ backend: PostgresBackend) async throws {
        let old = try await backend.conversation("old")
        #expect(old?.title == "Kept" && old?.lastSequence == 2)
        #expect(try await backend.history(of: "old") == [.user("one"), .user("two")])
        let stored = try await backend.append(.user("three", key: "k"), to: "old")
        #expect(stored.sequence == 3 && stored.key == "k")
        #expect(try await backend.append(.user("three", key: "k"), to: "old") == stored)
    }

    @Test func aSchemaOfVersion1IsNotPreparedUntilItIsMigrated() async throws {
        try await withVersion1 { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            await expectError(.notPrepared) { try await backend.conversation("old") }
            await expectError(.notPrepared) { try await backend.append(.user("three"), to: "old") }
            #expect(try await versions(schema) == [["1", "1"]])
            try await backend.prepare()
            try await expectMigrated(backend)
            #expect(try await versions(schema) == [["3", "1"]])
            try await backend.close()
        }
    }

    @Test func aSchemaOfVersion2IsNotPreparedUntilItIsMigrated() async throws {
        try await TestPostgres.withSchema { url, schema in
            let maker = try await PostgresBackend(configuration(url, schema))
            try await maker.prepare()
            try await maker.append([.user("one"), .user("two")], to: "old")
            try await maker.close()
            try await TestPostgres.execute(
                """
                ALTER TABLE \(schema).conversations DROP COLUMN cleared_through;
                UPDATE \(schema).chat_storage_schema SET version = 2
                """)
            let backend = try await PostgresBackend(configuration(url, schema))
            await expectError(.notPrepared) { try await backend.clearMessages(of: "old") }
            try await backend.prepare()
            #expect(try await versions(schema) == [["3", "1"]])
            #expect(try await backend.clearMessages(of: "old") == 2)
            #expect(
                try await TestPostgres.execute("SELECT cleared_through FROM \(schema).conversations") == [["2"]])
            try await backend.close()
        }
    }

    @Test func aMigratedSchemaIsLikeANewOne() async throws {
        try await withVersion1 { url, migrated in
            try await TestPostgres.withSchema { _, new in
                var found: [[[String?]]] = []
                for schema in [migrated, new] {
                    let backend = try await PostgresBackend(configuration(url, schema))
                    try await backend.prepare()
                    try await backend.close()
                    found.append(
                        try await TestPostgres.execute(
                            """
                            SELECT c.relname, a.attname, a.attnum, a.atttypid::regtype, a.attnotnull, l.collname
                            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                            LEFT JOIN pg_collation l ON l.oid = a.attcollation
                            WHERE c.relnamespace = '\(schema)'::regnamespace
                            UNION ALL
                            SELECT tablename, replace(indexdef, '\(schema)', ''), 0, 0, true, indexname
                            FROM pg_indexes WHERE schemaname = '\(schema)'
                            ORDER BY 1, 2, 3
                            """))
                }
                #expect(found[0] == found[1])
                #expect(found[0].count > 20)
            }
        }
    }

    @Test func manyMigrateAtOnce() async throws {
        try await withVersion1 { url, schema in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...16 {
                    group.addTask {
                        var configuration = configuration(url, schema)
                        configuration.connections = 1
                        let backend = try await PostgresBackend(configuration)
                        try await backend.prepare()
                        #expect(try await backend.messages(of: "old").count == 2)
                        try await backend.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await versions(schema) == [["3", "1"]])
            let backend = try await PostgresBackend(configuration(url, schema))
            try await expectMigrated(backend)
            try await backend.close()
        }
    }

    @Test func whatWasMadeByHandBeforeIsTaken() async throws {
        try await withVersion1 { url, schema in
            try await TestPostgres.execute(
                "ALTER TABLE \(schema).chat_messages ADD COLUMN message_key text COLLATE \"C\"")
            try await TestPostgres.execute(
                """
                CREATE UNIQUE INDEX CONCURRENTLY chat_messages_key ON \(schema).chat_messages
                (tenant COLLATE "POSIX", conversation_id COLLATE "POSIX", message_key) WHERE message_key IS NOT NULL
                """)
            try await TestPostgres.execute(
                """
                CREATE INDEX CONCURRENTLY conversations_newest_first ON \(schema).conversations
                (tenant COLLATE "POSIX", updated_at DESC, conversation_id COLLATE "POSIX")
                """)
            let backend = try await PostgresBackend(configuration(url, schema))
            await expectError(.notPrepared) { try await backend.conversation("old") }
            try await backend.prepare()
            try await expectMigrated(backend)
            try await backend.close()
        }
    }

    @Test func anIndexThatCouldNotBeMadeByHandIsNotTaken() async throws {
        try await withVersion1 { url, schema in
            try await TestPostgres.execute(
                """
                CREATE INDEX conversations_newest_first ON \(schema).conversations
                (tenant COLLATE "POSIX", updated_at DESC, conversation_id COLLATE "POSIX");
                UPDATE pg_index SET indisvalid = false
                WHERE indexrelid = '\(schema).conversations_newest_first'::regclass
                """)
            let backend = try await PostgresBackend(configuration(url, schema))
            let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
            #expect(error?.code == .schemaMismatch)
            #expect(error?.message.contains("conversations_newest_first") == true)
            #expect(try await versions(schema) == [["1", "1"]])
            try await TestPostgres.execute("DROP INDEX \(schema).conversations_newest_first")
            try await backend.prepare()
            try await expectMigrated(backend)
            try await backend.close()
        }
    }

    /// Clears and deletes lock the conversation first and its messages then, an append on a new connection the other way.
    @Test func theMigrationAndWritersOfVersion1DoNotWaitForEachOther() async throws {
        try await withVersion1 { url, schema in
            try await TestPostgres.execute(
                """
                INSERT INTO \(schema).conversations
                SELECT '', 'c' || i, NULL, now(), now(), 300 FROM generate_series(1, 500) i;
                INSERT INTO \(schema).chat_messages
                SELECT '', 'c' || i % 500 + 1, i / 500 + 1, 'user', 'x', now() FROM generate_series(0, 149999) i
                """)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 1...3 {
                    group.addTask {
                        for number in stride(from: writer, through: 500, by: 3) {
                            try await TestPostgres.execute(
                                """
                                BEGIN;
                                UPDATE \(schema).conversations SET updated_at = now()
                                WHERE tenant = '' AND conversation_id = 'c\(number)';
                                DELETE FROM \(schema).chat_messages
                                WHERE tenant = '' AND conversation_id = 'c\(number)';
                                COMMIT;
                                DELETE FROM \(schema).conversations
                                WHERE tenant = '' AND conversation_id = 'c\(number)'
                                """)
                        }
                    }
                }
                let backend = try await PostgresBackend(configuration(url, schema))
                try await backend.prepare()
                try await group.waitForAll()
                try await expectMigrated(backend)
                try await backend.close()
            }
            #expect(try await versions(schema) == [["3", "1"]])
        }
    }

    @Test func aProcessOfVersion1GoesOnDuringAndAfterTheMigration() async throws {
        try await withVersion1 { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            // A session of version 1 keeps the plans of its statements over the migration.
            let old = try TestPostgresConnection(url: url)
            try old.execute(
                """
                SET plan_cache_mode = force_generic_plan;
                PREPARE page AS SELECT sequence, role, content, created_at FROM \(schema).chat_messages
                    WHERE tenant = '' AND conversation_id = $1 ORDER BY sequence;
                PREPARE add AS INSERT INTO \(schema).chat_messages
                    (tenant, conversation_id, sequence, role, content, created_at)
                    VALUES ('', $1, $2, 'user', 'by the old one', now());
                EXECUTE page ('old')
                """)
            try await backend.prepare()
            try await backend.append(.user("three", key: "k"), to: "old")
            try old.execute(
                """
                UPDATE \(schema).conversations SET last_sequence = last_sequence + 1 WHERE conversation_id = 'old';
                EXECUTE add ('old', 4)
                """)
            let rows = try old.execute("EXECUTE page ('old')")
            #expect(rows.map { $0[2] } == ["one", "two", "three", "by the old one"])
            #expect(try await backend.messages(of: "old").map(\.key) == [nil, nil, "k", nil])
            try await backend.close()
        }
    }
}
