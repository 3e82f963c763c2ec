import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import Foundation
import TestSupport

/// PostgreSQL schemas with names of their own, on the tests' server.
struct PostgresHarness: ConformanceHarness {
    let name = "postgres"

    func makeStore() async throws -> any ConformanceStore {
        let schema = "conformance_\(UUID().uuidString.replacing("-", with: "").lowercased())"
        return PostgresStoreUnderTest(url: try await TestPostgres.url(), schema: schema)
    }

    func command(toRun checkID: String, seed: UInt64) -> String? {
        TestCommand.text(toRun: checkID, on: name, seed: seed)
    }
}

private struct PostgresStoreUnderTest: ConformanceStore {
    let url: String
    let schema: String

    /// Whether the tests' server is a pooler that gives each transaction another session.
    private static let isBehindPooler = ProcessInfo.processInfo.environment["CHATSTORAGE_TEST_POSTGRES_POOLER"] == "1"

    private var configuration: PostgresBackend.Configuration {
        var configuration = PostgresBackend.Configuration(url: url)
        configuration.schema = schema
        // Checks open up to eight handles, and a server takes a hundred connections by default.
        configuration.connections = 3
        configuration.isBehindPooler = Self.isBehindPooler
        return configuration
    }

    func handles(_ count: Int) async throws -> [any ChatStorageBackend] {
        var handles: [any ChatStorageBackend] = []
        for _ in 0..<count { handles.append(try await PostgresBackend(configuration)) }
        return handles
    }

    func reopen() async throws -> any ChatStorageBackend { try await PostgresBackend(configuration) }

    func handle(taking roles: RoleSet) async throws -> any ChatStorageBackend {
        var configuration = configuration
        configuration.roles = roles
        return try await PostgresBackend(configuration)
    }

    func remove() async throws {
        try await TestPostgres.execute("DROP SCHEMA IF EXISTS \(schema) CASCADE")
    }

    func writePastLibrary(_ write: RawWrite) async throws -> RawWrite.Outcome {
        do {
            guard let statements = statements(for: write) else { throw MissingFromHarness("such a write") }
            try await TestPostgres.execute(statements)
            return .written
        } catch let error as TestPostgresError where error.sqlState.hasPrefix(Self.integrityConstraintViolation) {
            return .refusedByConstraint
        }
    }

    /// The class of the SQLSTATEs of all broken constraints.
    private static let integrityConstraintViolation = "23"

    /// Nil for what PostgreSQL lets no ordinary program do.
    private func statements(for write: RawWrite) -> String? {
        switch write {
        case .insertMessageOfMoreRoles(let tenant, let conversationID, let sequence, let role, let content):
            "ALTER TABLE \(schema).chat_messages DROP CONSTRAINT chat_messages_role_check;"
                + insertion(tenant, conversationID, sequence, role, content)
        case .insertMessage(let tenant, let conversationID, let sequence, let role, let content):
            insertion(tenant, conversationID, sequence, role, content)
        case .deleteConversationAlone:
            nil
        case .createForeignTables:
            """
            CREATE SCHEMA \(schema);
            CREATE TABLE \(schema).conversations (name text, body text);
            CREATE TABLE \(schema).chat_messages (id integer, body text);
            INSERT INTO \(schema).conversations VALUES ('theirs', 'kept');
            INSERT INTO \(schema).chat_messages VALUES (1, 'kept');
            """
        case .recordNewerSchema(let usableByThisVersion):
            """
            UPDATE \(schema).chat_storage_schema
            SET schema_version = schema_version + 1,
                minimum_schema_version = \(usableByThisVersion ? "minimum_schema_version" : "schema_version + 1")
            """
        }
    }

    private func insertion(
        _ tenant: String, _ conversationID: ConversationID, _ sequence: Int64, _ role: String, _ content: String
    ) -> String {
        """
        INSERT INTO \(schema).chat_messages (tenant, conversation_id, sequence, role, content, created_at)
        VALUES (\(literal(tenant)), \(literal(conversationID.rawValue)), \(sequence), \(literal(role)),
            \(literal(content)), 'epoch')
        """
    }

    private func literal(_ text: String) -> String {
        let digits = text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 0xf, radix: 16) }
        return "convert_from(decode('\(digits.joined())', 'hex'), 'UTF8')"
    }

    func contents() async throws -> String {
        let columns = try await TestPostgres.execute(
            """
            SELECT table_name, column_name, data_type, collation_name, column_default, is_nullable
            FROM information_schema.columns WHERE table_schema = '\(schema)' ORDER BY table_name, ordinal_position
            """)
        let constraints = try await TestPostgres.execute(
            """
            SELECT conrelid::regclass, conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = to_regnamespace('\(schema)') ORDER BY conname
            """)
        let indexes = try await TestPostgres.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = '\(schema)' ORDER BY indexname")
        var contents = ["\(columns)", "\(constraints)", "\(indexes)"]
        for table in Set(columns.compactMap(\.[0])).sorted() {
            // A row's hidden columns show whether it was written again, even with the same values.
            let rows = try await TestPostgres.execute(
                "SELECT t.ctid, t.xmin, t::text FROM \(schema).\(table) AS t ORDER BY t::text COLLATE \"C\"")
            contents.append("\(table): \(rows)")
        }
        return contents.joined(separator: "\n")
    }

    func withWritersLockedOut(_ body: @Sendable (any ChatStorageBackend) async throws -> Void) async throws {
        var configuration = configuration
        // Behind a pooler it is the server's setting that counts.
        configuration.lockTimeout = .milliseconds(20)
        let impatient = try await PostgresBackend(configuration)
        try await impatient.prepare()
        let other = try TestPostgresConnection(url: url)
        try other.execute("BEGIN; LOCK TABLE \(schema).conversations IN SHARE MODE")
        try await body(impatient)
        try other.execute("ROLLBACK")
    }
}
