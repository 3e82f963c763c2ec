import ChatStorageCore
import ChatStoragePostgres
import Foundation
import TestSupport
import Testing

/// Servers that refuse, each for a reason of its own that its error must name.
@Suite(.timeLimit(.minutes(5))) struct RefusalTests {
    @Test func everyRefusedConnectionSaysWhy() async throws {
        var options = PostgresServer.Options()
        options.accessRules = ["local all app scram-sha-256", "local all stranger reject"]
        guard let server = try await PostgresServer.ifInstalled(options) else { return }
        for statement in [
            "CREATE ROLE app LOGIN PASSWORD 'word4711'", "CREATE ROLE stranger LOGIN", "CREATE ROLE single LOGIN",
            "ALTER ROLE single CONNECTION LIMIT 0", "CREATE DATABASE shut",
            "REVOKE CONNECT ON DATABASE shut FROM PUBLIC", "GRANT ALL ON SCHEMA public TO app",
        ] {
            try await server.execute(statement)
        }
        let nowhere = "passfile=%2Fnonexistent"
        func url(_ options: String) -> String { adding("\(nowhere)&\(options)", to: server.url) }
        // No name has a part of over 63 bytes, so no name server is asked.
        let noName = String(repeating: "a", count: 64)
        let refusals: [(url: String, code: ChatStorageError.Code, state: String?)] = [
            (url("user=app&password=other4711"), .accessDenied, "28P01"),
            (url("user=app"), .accessDenied, nil),
            (url("user=stranger&password=word4711"), .accessDenied, "28000"),
            (url("user=app&password=word4711&dbname=nothing4711"), .accessDenied, "3D000"),
            (url("user=app&password=word4711&dbname=shut"), .accessDenied, "42501"),
            (url("user=single&password=word4711"), .unavailable, "53300"),
            ("postgres://app:word4711@127.0.0.1:1/postgres", .unavailable, nil),
            ("postgres://app:word4711@\(noName)/postgres", .unavailable, nil),
        ]
        var messages: Set<String> = []
        for refusal in refusals {
            let backend = try await PostgresBackend(url: refusal.url)
            for call in [{ try await backend.prepare() }, { try await backend.append(.user("text4711"), to: "c") }]
                as [@Sendable () async throws -> Void]
            {
                let error = try #require(await #expect(throws: ChatStorageError.self) { try await call() })
                #expect(error.code == refusal.code, "\(error)")
                #expect(error.cause?.code == refusal.state, "\(error)")
                #expect(!"\(error) \(String(reflecting: error))".contains("4711"))
                messages.insert(error.message)
            }
            let write = await #expect(throws: ChatStorageError.self) { try await backend.clearMessages(of: "c") }
            #expect(write?.writeOutcome == (refusal.code == .unavailable ? .notApplied : nil))
            try await backend.close()
        }
        #expect(messages.count == refusals.count, "\(messages)")
        // And with everything right it is let in.
        let backend = try await PostgresBackend(url: url("user=app&password=word4711"))
        try await backend.prepare()
        try await backend.append(.user("x"), to: "c")
        try await backend.close()
    }

    @Test("a server without a connection left is unavailable and other stores go on")
    func aServerWithoutAConnectionLeft() async throws {
        var options = PostgresServer.Options()
        options.settings = ["max_connections=8", "superuser_reserved_connections=0"]
        guard let server = try await PostgresServer.ifInstalled(options) else { return }
        var configuration = PostgresBackend.Configuration(url: server.url)
        configuration.connections = 6
        configuration.callsPerConnection = 4
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        try await backend.append(.user("x"), to: "c")

        var held: [TestPostgresConnection] = []
        func holdAll() {
            while let connection = try? TestPostgresConnection(url: server.url) { held.append(connection) }
        }
        holdAll()
        let late = try await PostgresBackend(configuration)
        for _ in 1...3 {
            let error = await #expect(throws: ChatStorageError.self) { try await late.append(.user("x"), to: "c") }
            #expect(error?.code == .unavailable && error?.writeOutcome == .notApplied)
            #expect(error?.cause?.code == "53300" && error?.message.contains("no more connections") == true)
        }
        // It would open more connections for all these calls, gets none, and goes on with those that it has.
        for _ in 0..<5 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask { try await backend.append(.user("y"), to: ConversationID("\(number % 50)")) }
                    group.addTask { _ = try await backend.messages(of: ConversationID("\(number % 50)")) }
                }
                try await group.waitForAll()
            }
        }
        held = []
        try await waitUntil {
            do {
                try await late.append(.user("x"), to: "c")
                return true
            } catch let error as ChatStorageError where error.code == .unavailable {
                return false
            }
        }
        #expect(try await late.messages(of: "c").count == 2)
        try await late.close()
        try await backend.close()
    }

    @Test func aStandbyIsReadOnlyUntilItIsPromoted() async throws {
        guard let primary = try await PostgresServer.ifInstalled() else { return }
        let first = try await PostgresBackend(url: primary.url)
        try await first.prepare()
        try await first.append(.user("x"), to: "c")
        try await first.close()
        var options = PostgresServer.Options()
        options.primary = primary
        let standby = try await PostgresServer(options)

        let backend = try await PostgresBackend(url: standby.url)
        try await backend.prepare()
        #expect(try await backend.history(of: "c") == [.user("x")])
        let time = Timestamp(microsecondsSinceEpoch: 0)
        let writes: [@Sendable () async throws -> Void] = [
            { try await backend.append(.user("y"), to: "c") },
            { try await backend.append(.user("y", key: "k"), to: "c") },
            { try await backend.append(.user("y"), to: "c", if: .exists) },
            { try await backend.createConversation("d") },
            { try await backend.getOrCreateConversation("d") },
            { try await backend.updateTitle(of: "c", to: "t") },
            { try await backend.clearMessages(of: "c") },
            { try await backend.deleteConversation("c") },
            {
                try await backend.restoreConversation(
                    ConversationSnapshot(id: "d", createdAt: time, updatedAt: time, messages: []))
            },
        ]
        for write in writes {
            let error = await #expect(throws: ChatStorageError.self) { try await write() }
            #expect(error?.code == .readOnly && error?.writeOutcome == .notApplied && error?.isRetryable == true)
            #expect(error?.cause?.code == "25006")
        }
        // A store that wants a server which takes writes finds none.
        let choosy = try await PostgresBackend(url: adding("target_session_attrs=read-write", to: standby.url))
        let error = await #expect(throws: ChatStorageError.self) { try await choosy.append(.user("y"), to: "c") }
        #expect(error?.code == .unavailable && error?.writeOutcome == .notApplied)
        #expect(error?.message.contains("read-only") == true, "\(error?.message ?? "")")
        // Nor can tables be made.
        let other = try await PostgresBackend(configuration(standby.url, "other"))
        await expectError(.readOnly) { try await other.prepare() }

        try await primary.stop(.fast)
        try await standby.promote()
        #expect(try await backend.append(.user("y"), to: "c").sequence == 2)
        try await waitUntil {
            do {
                return try await choosy.append(.user("z"), to: "c").sequence == 3
            } catch let error as ChatStorageError where error.code == .unavailable {
                return false
            }
        }
        try await other.prepare()
        for backend in [backend, choosy, other] { try await backend.close() }
    }

    @Test func aStatementThatTakesTooLongIsNotApplied() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            try await backend.prepare()
            try await backend.createConversation("c")
            let impatient = try await PostgresBackend(
                configuration(url, schema) {
                    $0.lockTimeout = .zero
                    $0.statementTimeout = .seconds(2)
                })
            // Only the append itself has to wait, and it waits too long, however slow the machine is.
            try await impatient.prepare()
            let other = try TestPostgresConnection(url: url)
            try other.execute("BEGIN; LOCK TABLE \(schema).conversations IN EXCLUSIVE MODE")
            let error = await #expect(throws: ChatStorageError.self) {
                try await impatient.append(.user("x"), to: "c")
            }
            #expect(error?.code == .unavailable && error?.writeOutcome == .notApplied)
            #expect(error?.cause?.code == "57014" && error?.message.contains("statement timeout") == true)
            try other.execute("COMMIT")
            #expect(try await backend.append(.user("x"), to: "c").sequence == 1)
            try await impatient.close()
            try await backend.close()
        }
    }

    @Test("conflicts that do not end are unavailable after twelve attempts")
    func conflictsThatDoNotEnd() async throws {
        try await withBackend { backend, schema in
            // A sequence counts also what is undone.
            try await TestPostgres.execute(
                """
                CREATE SEQUENCE \(schema).attempts;
                CREATE FUNCTION \(schema).conflict() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM nextval('\(schema).attempts');
                    RAISE EXCEPTION 'in the way' USING ERRCODE = '40001';
                END $$;
                CREATE TRIGGER conflict BEFORE INSERT ON \(schema).chat_messages
                FOR EACH ROW EXECUTE FUNCTION \(schema).conflict()
                """)
            let error = await #expect(throws: ChatStorageError.self) { try await backend.append(.user("x"), to: "c") }
            #expect(error?.code == .unavailable && error?.writeOutcome == .notApplied)
            #expect(error?.cause?.code == "40001" && error?.message.contains("other transactions") == true)
            #expect(try await TestPostgres.execute("SELECT last_value FROM \(schema).attempts") == [["12"]])
            #expect(try await backend.conversation("c") == nil)
        }
    }

    /// It has the SQLSTATE of a prepared statement whose rows have changed, which would be sent again.
    @Test func whatTheServerDoesNotSupportIsTriedOnce() async throws {
        try await withBackend { backend, schema in
            try await TestPostgres.execute(
                """
                CREATE SEQUENCE \(schema).attempts;
                CREATE FUNCTION \(schema).refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM nextval('\(schema).attempts');
                    RAISE EXCEPTION 'not supported' USING ERRCODE = '0A000';
                END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON \(schema).chat_messages
                FOR EACH ROW EXECUTE FUNCTION \(schema).refuse()
                """)
            let error = await #expect(throws: ChatStorageError.self) { try await backend.append(.user("x"), to: "c") }
            #expect(error?.code == .schemaMismatch && error?.isRetryable == false && error?.cause?.code == "0A000")
            #expect(try await TestPostgres.execute("SELECT last_value FROM \(schema).attempts") == [["1"]])
        }
    }

    @Test("a prepared statement whose rows have changed is prepared again")
    func aPreparedStatementWhoseRows() async throws {
        try await withBackend({ $0.connections = 1 }) { backend, schema in
            try await backend.createConversation("c", title: "t")
            #expect(try await backend.conversation("c")?.title == "t")
            try await TestPostgres.execute(
                "ALTER TABLE \(schema).conversations ALTER COLUMN title TYPE varchar(1000)")
            #expect(try await backend.conversation("c")?.title == "t")
            #expect(try await backend.updateTitle(of: "c", to: "u")?.title == "u")
        }
    }

    /// A constraint that is looked at when the rows have been sent already.
    @Test("a failed commit refuses the appends that are at fault and no others")
    func aFailedCommitRefusesTheAppends() async throws {
        try await withBackend({ $0.connections = 1 }) { backend, schema in
            try await TestPostgres.execute(
                """
                ALTER TABLE \(schema).chat_messages
                ADD CONSTRAINT only_once UNIQUE (content) DEFERRABLE INITIALLY DEFERRED
                """)
            try await backend.append(.user("text4711"), to: "first")
            let refused = try await withThrowingTaskGroup(of: ChatStorageError?.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let key = number % 2 == 0 ? nil : "k"
                        let text = number % 6 < 2 ? "text4711" : "\(number)"
                        do {
                            try await backend.append(.user(text, key: key), to: ConversationID("\(number)"))
                            return nil
                        } catch let error as ChatStorageError {
                            return error
                        }
                    }
                }
                return try await group.reduce(into: [ChatStorageError]()) { if let error = $1 { $0.append(error) } }
            }
            #expect(refused.count == 20)
            for error in refused {
                #expect(error.code == .schemaMismatch && error.writeOutcome == nil && !error.isRetryable)
                #expect(error.cause?.constraint == "only_once" && error.message.contains("constraint"))
                #expect(!"\(error)".contains("4711"))
            }
            // The refused ones have left nothing, no conversation either.
            #expect(try await TestPostgres.execute("SELECT count(*) FROM \(schema).chat_messages") == [["41"]])
            #expect(try await TestPostgres.execute("SELECT count(*) FROM \(schema).conversations") == [["41"]])
        }
    }
}
