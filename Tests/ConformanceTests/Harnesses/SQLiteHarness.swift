import ChatStorageConformance
import ChatStorageCore
import ChatStorageSQLite
import TestSupport

/// Database files, each in a folder of its own.
struct SQLiteHarness: ConformanceHarness {
    let journalMode: SQLiteBackend.Configuration.JournalMode

    var name: String {
        switch journalMode {
        case .wal: "sqlite"
        case .delete: "sqlite with a rollback journal"
        }
    }

    func makeStore() throws -> any ConformanceStore {
        SQLiteStoreUnderTest(folder: try TemporaryFolder(), journalMode: journalMode)
    }

    func command(toRun checkID: String, seed: UInt64) -> String? {
        TestCommand.text(toRun: checkID, on: "sqlite", seed: seed)
    }
}

private struct SQLiteStoreUnderTest: ConformanceStore {
    let folder: TemporaryFolder
    let journalMode: SQLiteBackend.Configuration.JournalMode

    private var path: String { folder.path(of: "chat.db") }

    private var configuration: SQLiteBackend.Configuration {
        var configuration = SQLiteBackend.Configuration(path: path)
        configuration.journalMode = journalMode
        // A commit can take seconds where other programs keep the disk busy, and eight handles wait for each other.
        configuration.busyTimeout = .seconds(20)
        return configuration
    }

    func handles(_ count: Int) async throws -> [any ChatStorageBackend] {
        var handles: [any ChatStorageBackend] = []
        for _ in 0..<count { handles.append(try await SQLiteBackend(configuration)) }
        return handles
    }

    func reopen() async throws -> any ChatStorageBackend { try await SQLiteBackend(configuration) }

    func handle(taking roles: RoleSet) async throws -> any ChatStorageBackend {
        var configuration = configuration
        configuration.roles = roles
        return try await SQLiteBackend(configuration)
    }

    /// The folder goes with the last reference to it.
    func remove() {}

    func writePastLibrary(_ write: RawWrite) throws -> RawWrite.Outcome {
        do {
            try TestSQLiteConnection(path: path).execute(statements(for: write))
            return .written
        } catch let error as TestSQLiteError where error.code & 0xff == Self.constraint {
            return .refusedByConstraint
        }
    }

    /// SQLITE_CONSTRAINT, the primary code of all broken constraints.
    private static let constraint: Int32 = 19

    private func statements(for write: RawWrite) -> String {
        switch write {
        case .insertMessageOfMoreRoles(let tenant, let conversationID, let sequence, let role, let content):
            "INSERT OR IGNORE INTO chat_roles (name) VALUES (\(literal(role)));"
                + statements(
                    for: .insertMessage(
                        tenant: tenant, conversationID: conversationID, sequence: sequence, role: role,
                        content: content))
        case .insertMessage(let tenant, let conversationID, let sequence, let role, let content):
            // A conversation or role that is missing gets a number that is missing, which the tables' rules refuse.
            """
            INSERT INTO chat_messages (conversation, sequence, role, content, created_at_us)
            VALUES (
                coalesce(
                    (SELECT conversation FROM conversations
                     WHERE tenant = \(literal(tenant)) AND conversation_id = \(literal(conversationID.rawValue))),
                    1 << 40),
                \(sequence), coalesce((SELECT role FROM chat_roles WHERE name = \(literal(role))), 1 << 40),
                \(literal(content)), 0)
            """
        case .deleteConversationAlone(let tenant, let conversationID):
            """
            PRAGMA foreign_keys = OFF;
            DELETE FROM conversations
            WHERE tenant = \(literal(tenant)) AND conversation_id = \(literal(conversationID.rawValue))
            """
        case .createForeignTables:
            """
            CREATE TABLE conversations (name TEXT, body TEXT);
            CREATE TABLE chat_messages (id INTEGER PRIMARY KEY, body TEXT);
            INSERT INTO conversations VALUES ('theirs', 'kept');
            INSERT INTO chat_messages (body) VALUES ('kept');
            """
        case .recordNewerSchema(let usableByThisVersion):
            """
            UPDATE chat_storage_schema
            SET schema_version = schema_version + 1,
                minimum_schema_version = \(usableByThisVersion ? "minimum_schema_version" : "schema_version + 1")
            """
        }
    }

    private func literal(_ text: String) -> String {
        let digits = text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 0xf, radix: 16) }
        return "CAST(x'\(digits.joined())' AS TEXT)"
    }

    func contents() throws -> String {
        let connection = try TestSQLiteConnection(path: path)
        let schema = try connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
        var contents = ["\(schema)"]
        for case let name? in schema.filter({ $0[0] == "table" }).map({ $0[1] }) {
            let rows = try connection.execute("SELECT * FROM \"\(name)\"").map { "\($0)" }.sorted()
            contents.append("\(name): \(rows)")
        }
        return contents.joined(separator: "\n")
    }

    func withWritersLockedOut(_ body: @Sendable (any ChatStorageBackend) async throws -> Void) async throws {
        var configuration = configuration
        configuration.busyTimeout = .milliseconds(20)
        let impatient = try await SQLiteBackend(configuration)
        try await impatient.prepare()
        let other = try TestSQLiteConnection(path: path)
        try other.execute("BEGIN IMMEDIATE")
        try await body(impatient)
        try other.execute("ROLLBACK")
    }
}
