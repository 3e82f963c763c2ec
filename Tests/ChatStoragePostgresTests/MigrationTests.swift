import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Stores of this version of the library under a library with a next one.
@Suite(.timeLimit(.minutes(5))) struct MigrationTests {
    /// Calls the body with a store that this version made, in which a process of this version goes on.
    private func withStore(
        _ body: (_ url: String, _ schema: String, _ old: PostgresBackend) async throws -> Void
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            let old = try await open(url, schema)
            try await old.prepare()
            try await old.createConversation("old", title: "Kept")
            try await old.append([.user("one"), .user("two")], to: "old")
            try await body(url, schema, old)
            try await old.close()
        }
    }

    private func expectMigrated(_ backend: PostgresBackend) async throws {
        let old = try await backend.conversation("old")
        #expect(old?.title == "Kept" && old?.lastSequence == 2)
        #expect(try await backend.history(of: "old") == [.user("one"), .user("two")])
        let stored = try await backend.append(.user("three", key: "k"), to: "old")
        #expect(stored.sequence == 3 && stored.key == "k")
        #expect(try await backend.append(.user("three", key: "k"), to: "old") == stored)
    }

    @Test func anOlderStoreIsNotPreparedUntilItIsMigrated() async throws {
        try await withStore { url, schema, _ in
            let new = try await open(url, schema, and: .languages)
            await expectError(.notPrepared) { try await new.conversation("old") }
            await expectError(.notPrepared) { try await new.append(.user("three"), to: "old") }
            #expect(try await versions(schema) == [["1", "1"]])
            try await new.prepare()
            try await expectMigrated(new)
            #expect(try await versions(schema) == [["2", "1"]])
            let languages = try await TestPostgres.execute("SELECT language FROM \(schema).conversations")
            #expect(languages == [["en"]])
            try await new.close()
        }
    }

    @Test func aMigratedSchemaIsLikeANewOne() async throws {
        try await withStore { url, inSteps, _ in
            let second = try await open(url, inSteps, and: .languages)
            try await second.prepare()
            try await second.close()
            try await withStore { _, atOnce, _ in
                try await TestPostgres.withSchema { _, new in
                    var found: [[[String?]]] = []
                    for schema in [inSteps, atOnce, new] {
                        let backend = try await open(url, schema, and: .languages, .colors)
                        try await backend.prepare()
                        try await backend.close()
                        #expect(try await versions(schema) == [["3", "1"]])
                        found.append(try await columnsAndIndexes(schema))
                    }
                    #expect(found[0] == found[1] && found[0] == found[2])
                    #expect(found[0].count > 30)
                }
            }
        }
    }

    private func columnsAndIndexes(_ schema: String) async throws -> [[String?]] {
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
            """)
    }

    @Test func manyMigrateAtOnce() async throws {
        try await withStore { url, schema, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...16 {
                    group.addTask {
                        let backend = try await open(url, schema, and: .languages, .colors)
                        try await backend.prepare()
                        #expect(try await backend.messages(of: "old").count == 2)
                        try await backend.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await versions(schema) == [["3", "1"]])
            let backend = try await open(url, schema, and: .languages, .colors)
            try await expectMigrated(backend)
            try await backend.close()
        }
    }

    @Test func whatWasMadeByHandBeforeIsTaken() async throws {
        try await withStore { url, schema, _ in
            try await TestPostgres.execute(
                "ALTER TABLE \(schema).chat_messages ADD COLUMN language text COLLATE \"C\"")
            try await TestPostgres.execute(
                """
                CREATE INDEX CONCURRENTLY chat_messages_language ON \(schema).chat_messages (tenant, language)
                WHERE language IS NOT NULL
                """)
            let index = "SELECT '\(schema).chat_messages_language'::regclass::oid"
            let made = try await TestPostgres.execute(index)
            let new = try await open(url, schema, and: .languages)
            await expectError(.notPrepared) { try await new.conversation("old") }
            try await new.prepare()
            try await expectMigrated(new)
            #expect(try await TestPostgres.execute(index) == made)
            try await new.close()
        }
    }

    @Test func anIndexThatCouldNotBeMadeByHandIsNotTaken() async throws {
        try await withStore { url, schema, _ in
            try await TestPostgres.execute(
                """
                ALTER TABLE \(schema).chat_messages ADD COLUMN language text COLLATE \"C\";
                CREATE INDEX chat_messages_language ON \(schema).chat_messages (tenant, language);
                UPDATE pg_index SET indisvalid = false
                WHERE indexrelid = '\(schema).chat_messages_language'::regclass
                """)
            let new = try await open(url, schema, and: .languages)
            let error = await #expect(throws: ChatStorageError.self) { try await new.prepare() }
            #expect(error?.code == .schemaMismatch)
            #expect(error?.message.contains("chat_messages_language") == true)
            #expect(try await versions(schema) == [["1", "1"]])
            try await TestPostgres.execute("DROP INDEX \(schema).chat_messages_language")
            try await new.prepare()
            try await expectMigrated(new)
            try await new.close()
        }
    }

    /// Clears and deletes lock the conversation before its messages, an append on a new connection the other way round.
    @Test func theMigrationAndOlderWritersDoNotWaitForEachOther() async throws {
        try await withStore { url, schema, old in
            try await TestPostgres.execute(
                """
                INSERT INTO \(schema).conversations (tenant, conversation_id, created_at, updated_at, last_sequence)
                SELECT '', 'c' || i, now(), now(), 300 FROM generate_series(1, 500) i;
                INSERT INTO \(schema).chat_messages (tenant, conversation_id, sequence, role, content, created_at)
                SELECT '', 'c' || i % 500 + 1, i / 500 + 1, 'user', 'x', now() FROM generate_series(0, 149999) i
                """)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 1...3 {
                    group.addTask {
                        for number in stride(from: writer, through: 500, by: 3) {
                            let id = ConversationID("c\(number)")
                            let stored = try await old.append(.user("y"), to: id)
                            let cleared = try await old.clearMessages(of: id)
                            let deleted = try await old.deleteConversation(id)
                            #expect(stored.sequence == 301 && cleared == 301 && deleted)
                        }
                    }
                }
                let new = try await open(url, schema, and: .languages)
                try await new.prepare()
                try await group.waitForAll()
                try await expectMigrated(new)
                try await new.close()
            }
            #expect(try await versions(schema) == [["2", "1"]])
        }
    }

    @Test func anOlderProcessGoesOnBesideTheNextVersion() async throws {
        try await withStore { url, schema, old in
            // Its sessions keep the plans of their statements over the migration.
            try await old.append(.user("three", key: "k"), to: "old")
            #expect(try await old.messages(of: "old").count == 3)
            let new = try await open(url, schema, and: .languages)
            try await new.prepare()
            try await new.append(.user("four"), to: "old")
            #expect(try await old.append(.user("three", key: "k"), to: "old").sequence == 3)
            #expect(try await old.append(.user("five"), to: "old").sequence == 5)
            #expect(try await old.messages(of: "old").map(\.content) == ["one", "two", "three", "four", "five"])
            #expect(try await new.messages(of: "old").map(\.key) == [nil, nil, "k", nil, nil])
            // One that starts now uses the tables too, and changes nothing.
            let later = try await open(url, schema)
            try await later.prepare()
            #expect(try await later.clearMessages(of: "old") == 5)
            #expect(try await new.messages(of: "old").isEmpty)
            #expect(try await versions(schema) == [["2", "1"]])
            try await later.close()
            try await new.close()
        }
    }

    @Test func aVersionThatOlderLibrariesCannotUseShutsThemOut() async throws {
        try await withStore { url, schema, old in
            let new = try await open(url, schema, and: .withoutKeys)
            try await new.prepare()
            #expect(try await versions(schema) == [["2", "2"]])
            let later = try await open(url, schema)
            await expectError(.schemaTooNew) { try await later.prepare() }
            await expectError(.schemaTooNew) { try await later.conversation("old") }
            try await later.close()
            // Whoever runs already looks again where a statement fails.
            let error = await #expect(throws: ChatStorageError.self) {
                try await old.append(.user("x", key: "k"), to: "old")
            }
            #expect(error?.code == .schemaTooNew)
            await expectError(.schemaTooNew) { try await old.conversation("old") }
            try await new.close()
        }
    }

    @Test func aMigrationThatEndsHalfWayShutsThemOutToo() async throws {
        try await withStore { url, schema, _ in
            let failing = try await open(url, schema, and: .halfWithoutKeys)
            await expectError(.notPrepared) { try await failing.prepare() }
            #expect(try await versions(schema) == [["1", "2"]])
            let later = try await open(url, schema)
            await expectError(.schemaTooNew) { try await later.prepare() }
            let new = try await open(url, schema, and: .withoutKeys)
            await expectError(.notPrepared) { try await new.conversation("old") }
            try await new.prepare()
            #expect(try await versions(schema) == [["2", "2"]])
            for backend in [failing, later, new] { try await backend.close() }
        }
    }
}
