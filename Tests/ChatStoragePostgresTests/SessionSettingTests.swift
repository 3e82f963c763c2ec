import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// Settings of a user, a database or a server that would break what the library promises.
@Suite(.timeLimit(.minutes(5))) struct SessionSettingTests {
    @Test func sessionsWithoutForeignKeysAreRefused() async throws {
        try await TestPostgres.withSchema { url, schema in
            let careless = try await PostgresBackend(
                configuration(adding("options=-csession_replication_role%3Dreplica", to: url), schema))
            let error = await #expect(throws: ChatStorageError.self) { try await careless.prepare() }
            #expect(error?.code == .invalidArgument && error?.message.contains("session_replication_role") == true)
            let found = try await TestPostgres.execute("SELECT 1 FROM pg_namespace WHERE nspname = '\(schema)'")
            #expect(found.isEmpty)

            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            try await backend.append(.user("x"), to: "c")
            await expectError(.invalidArgument) { try await careless.prepare() }
            await expectError(.invalidArgument) { try await careless.deleteConversation("c") }
            #expect(try await backend.messages(of: "c").count == 1)
            try await careless.close()
            try await backend.close()
        }
    }

    @Test(arguments: [
        ("off", "on"), ("local", "local"), ("remote_write", "remote_write"), ("remote_apply", "remote_apply"),
    ])
    func noCommitIsAnsweredBeforeItIsOnTheDisk(chosen: String, used: String) async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(adding("options=-csynchronous_commit%3D\(chosen)", to: url), schema))
            try await backend.prepare()
            try await TestPostgres.execute(
                """
                CREATE TABLE \(schema).seen (setting text);
                CREATE FUNCTION \(schema).look() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO \(schema).seen VALUES (current_setting('synchronous_commit'));
                    RETURN NEW;
                END $$;
                CREATE TRIGGER look BEFORE INSERT ON \(schema).chat_messages
                FOR EACH ROW EXECUTE FUNCTION \(schema).look()
                """)
            try await backend.append(.user("x"), to: "c")
            #expect(try await TestPostgres.execute("SELECT setting FROM \(schema).seen") == [[used]])
            try await backend.close()
        }
    }

    /// Its sessions are not set up.
    @Test func behindAPoolerASessionThatLosesCommitsIsRefused() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(adding("options=-csynchronous_commit%3Doff", to: url), schema) {
                    $0.isBehindPooler = true
                })
            let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
            #expect(error?.code == .invalidArgument && error?.message.contains("synchronous_commit") == true)
            try await backend.close()
        }
    }
}
