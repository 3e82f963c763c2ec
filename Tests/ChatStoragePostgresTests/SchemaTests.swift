import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Who made the tables, where they are, and what the database itself refuses.
@Suite struct SchemaTests {
    @Test func tablesThatMovedToAnotherSchemaAreFoundThere() async throws {
        try await TestPostgres.withSchema { url, schema in
            try await TestPostgres.withSchema { _, other in
                try await TestPostgres.execute("CREATE SCHEMA \(schema); CREATE SCHEMA \(other)")
                var configuration = PostgresBackend.Configuration(
                    url: adding("options=-csearch_path%3D\(schema),\(other)", to: url))
                configuration.connections = 1
                let backend = try await PostgresBackend(configuration)
                try await backend.prepare()
                try await backend.append(.user("x"), to: "c")
                for table in ["conversations", "chat_messages", "conversation_labels", "chat_storage_schema"] {
                    try await TestPostgres.execute("ALTER TABLE \(schema).\(table) SET SCHEMA \(other)")
                }
                let error = await #expect(throws: ChatStorageError.self) {
                    try await backend.append(.user("y"), to: "c")
                }
                #expect(error?.code == .notPrepared && error?.message.contains("\"\(schema)\"") == true)
                #expect(try await backend.append(.user("z"), to: "c").sequence == 2)
                try await backend.close()
            }
        }
    }

    @Test func manyBackendsPrepareAtOnce() async throws {
        try await TestPostgres.withSchema { url, schema in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        let backend = try await PostgresBackend(configuration(url, schema))
                        try await backend.prepare()
                        try await backend.append(.user("here"), to: "all")
                        try await backend.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await TestPostgres.execute("SELECT count(*) FROM \(schema).chat_messages") == [["20"]])
            #expect(
                try await TestPostgres.execute("SELECT schema_version, single_row FROM \(schema).chat_storage_schema")
                    == [["1", "t"]])
        }
    }

    @Test(arguments: SchemaDefinition.tables)
    func anothersTableIsRefusedUntouched(name: String) async throws {
        try await TestPostgres.withSchema { url, schema in
            try await TestPostgres.execute(
                "CREATE SCHEMA \(schema); CREATE TABLE \(schema).\(name) (id int); INSERT INTO \(schema).\(name) VALUES (7)"
            )
            let backend = try await PostgresBackend(configuration(url, schema))
            await expectError(.schemaMismatch) { try await backend.prepare() }
            await expectError(.schemaMismatch) { try await backend.conversation("c") }
            #expect(try await TestPostgres.execute("SELECT * FROM \(schema).\(name)") == [["7"]])
            #expect(try await tables(schema) == [name])
            try await backend.close()
        }
    }

    @Test func anothersVersionTableBesideOurNamesIsRefused() async throws {
        try await TestPostgres.withSchema { url, schema in
            try await TestPostgres.execute(
                """
                CREATE SCHEMA \(schema); CREATE TABLE \(schema).conversations (); CREATE TABLE \(schema).chat_messages ();
                CREATE VIEW \(schema).chat_storage_schema AS SELECT 1 AS something
                """)
            let backend = try await PostgresBackend(configuration(url, schema))
            await expectError(.schemaMismatch) { try await backend.prepare() }
            try await backend.close()
        }
    }

    @Test func aNewerSchemaIsUsedOnlyIfItSaysSo() async throws {
        try await TestPostgres.withSchema { url, schema in
            let first = try await PostgresBackend(configuration(url, schema))
            try await first.prepare()
            try await first.close()
            try await TestPostgres.execute("UPDATE \(schema).chat_storage_schema SET schema_version = 5")
            let second = try await PostgresBackend(configuration(url, schema))
            try await second.createConversation("c")
            try await second.close()
            try await TestPostgres.execute("UPDATE \(schema).chat_storage_schema SET minimum_schema_version = 4")
            let third = try await PostgresBackend(configuration(url, schema))
            await expectError(.schemaTooNew) { try await third.conversation("c") }
            await expectError(.schemaTooNew) { try await third.prepare() }
            try await third.close()
        }
    }

    @Test func theSearchPathSaysWhereTheTablesAre() async throws {
        try await TestPostgres.withSchema { url, schema in
            try await TestPostgres.withSchema { _, other in
                try await TestPostgres.execute("CREATE SCHEMA \(schema); CREATE SCHEMA \(other)")
                let path = adding("options=-csearch_path%3Dnowhere%2C\(schema)%2C\(other)", to: url)
                let backend = try await PostgresBackend(url: path)
                let error = await #expect(throws: ChatStorageError.self) { try await backend.conversation("c") }
                #expect(error?.code == .notPrepared)
                #expect(error?.message.contains("search_path (\"\(schema)\", \"\(other)\") has") == true)
                try await backend.prepare()
                try await backend.createConversation("c")
                try await backend.close()
                #expect(try await tables(schema).count == 4)
                // Tables that are there already are found further down the path.
                let reversed = try await PostgresBackend(
                    url: adding("options=-csearch_path%3D\(other)%2C\(schema)", to: url))
                try await reversed.prepare()
                #expect(try await reversed.conversation("c") != nil)
                try await reversed.close()
                #expect(try await tables(other).isEmpty)
            }
        }
    }

    @Test func aStoreThatIsNotPreparedNamesTheSchemaItLookedAt() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(configuration(url, schema))
            for (exists, sentence) in [(false, "there is no PostgreSQL schema"), (true, "the PostgreSQL schema")] {
                if exists { try await TestPostgres.execute("CREATE SCHEMA \(schema)") }
                let error = await #expect(throws: ChatStorageError.self) { try await backend.conversation("c") }
                #expect(error?.code == .notPrepared)
                #expect(error?.message.hasPrefix("\(sentence) \"\(schema)\"") == true)
            }
            try await backend.close()
        }
    }

    @Test func tablesThatWereDroppedAreMissed() async throws {
        try await withBackend { backend, schema in
            try await TestPostgres.execute(
                "DROP TABLE \(schema).chat_messages, \(schema).conversation_labels, \(schema).conversations")
            await expectError(.notPrepared) { try await backend.conversation("c") }
            await expectError(.schemaMismatch) { try await backend.conversation("c") }
        }
    }

    /// The tables would be the server's own, or gone at the session's end.
    @Test(arguments: ["pg_catalog", "pg_temp", "pg_temp,pg_catalog"])
    func aPathOfTheServersOwnSchemasIsAWrongArgument(path: String) async throws {
        let option = "options=-csearch_path%3D\(path.replacing(",", with: "%2C"))"
        let backend = try await PostgresBackend(url: adding(option, to: TestPostgres.url()))
        await expectError(.invalidArgument) { try await backend.prepare() }
        await expectError(.invalidArgument) { try await backend.append(.user("x"), to: "c") }
        try await backend.close()
    }

    @Test func aDatabaseOfAnotherEncodingIsRefusedUntouched() async throws {
        try await TestPostgres.withSchema { url, name in
            try await TestPostgres.execute(
                "CREATE DATABASE \(name) ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
            let backend = try await PostgresBackend(url: adding("dbname=\(name)", to: url))
            await expectError(.schemaMismatch) { try await backend.prepare() }
            await expectError(.schemaMismatch) { try await backend.conversation("c") }
            try await backend.close()
            try await TestPostgres.execute("DROP DATABASE \(name) WITH (FORCE)")
        }
    }

    @Test func aSchemaCanHaveAnOddName() async throws {
        let name = "Odd \"name\"; DROP TABLE é -- $1"
        let quoted = "\"Odd \"\"name\"\"; DROP TABLE é -- $1\""
        try await TestPostgres.execute("DROP SCHEMA IF EXISTS \(quoted) CASCADE")
        let backend = try await PostgresBackend(configuration(TestPostgres.url(), name))
        try await backend.prepare()
        try await backend.append(.user("hello"), to: "c")
        #expect(try await TestPostgres.execute("SELECT content FROM \(quoted).chat_messages") == [["hello"]])
        try await backend.close()
        try await TestPostgres.execute("DROP SCHEMA \(quoted) CASCADE")
    }

    @Test func theDatabaseItselfKeepsRolesAndConversations() async throws {
        try await withBackend { backend, schema in
            try await backend.createConversation("c")
            func insert(_ id: String, _ role: String) async throws {
                try await TestPostgres.execute(
                    "INSERT INTO \(schema).chat_messages VALUES ('', '\(id)', 1, '\(role)', 'x', now())")
            }
            for role in ["tool", "User", "user ", ""] {
                await #expect { try await insert("c", role) } throws: {
                    ($0 as? TestPostgresError)?.sqlState == "23514"
                }
            }
            await #expect { try await insert("none", "user") } throws: {
                ($0 as? TestPostgresError)?.sqlState == "23503"
            }
            try await insert("c", "user")
            #expect(try await backend.deleteConversation("c"))
            #expect(try await TestPostgres.execute("SELECT count(*) FROM \(schema).chat_messages") == [["0"]])
        }
    }

    private func tables(_ schema: String) async throws -> [String] {
        let rows = try await TestPostgres.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = '\(schema)' ORDER BY 1")
        return rows.compactMap { $0.first ?? nil }
    }
}
