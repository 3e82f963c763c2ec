import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import ChatStorageSQLite
import TestSupport

/// A store in which a test can hold a conversation, so that calls have to wait for it.
struct HeldStore: Sendable {
    /// Two handles on the store, as two processes have them.
    let handles: [any ChatStorageBackend]
    private let place: Place

    private enum Place: Sendable {
        case file(String)
        case schema(String, url: String)
    }

    /// Opens a store.
    init(_ store: TestedStore) async throws {
        switch store {
        case .sqlite(let folder, let journalMode):
            let path = folder.path(of: "chat.db")
            handles = try await [0, 1].asyncMap { _ in
                var configuration = SQLiteBackend.Configuration(path: path)
                configuration.journalMode = .init(rawValue: journalMode) ?? .wal
                configuration.busyTimeout = .seconds(300)
                return try await SQLiteBackend(configuration)
            }
            place = .file(path)
        case .postgres(let url, let schema):
            handles = try await [0, 1].asyncMap { _ in
                var configuration = PostgresBackend.Configuration(url: url)
                configuration.schema = schema
                (configuration.lockTimeout, configuration.statementTimeout) = (.seconds(200), .seconds(250))
                configuration.callTimeout = .seconds(300)
                return try await PostgresBackend(configuration)
            }
            place = .schema(schema, url: url)
        }
        for handle in handles { try await handle.prepare() }
    }

    func close() async throws {
        for handle in handles { try await handle.close() }
    }

    /// Holds a conversation and its messages until what this returns is released.
    func hold(_ id: ConversationID) throws -> Hold {
        switch place {
        case .file(let path):
            let connection = try TestSQLiteConnection(path: path)
            try connection.execute("BEGIN IMMEDIATE")
            return Hold { try connection.execute("COMMIT") }
        case .schema(let schema, let url):
            let connection = try TestPostgresConnection(url: url)
            try connection.execute(
                """
                BEGIN;
                SELECT FROM \(schema).conversations WHERE conversation_id = '\(id.rawValue)' FOR UPDATE;
                SELECT FROM \(schema).chat_messages WHERE conversation_id = '\(id.rawValue)' FOR UPDATE
                """)
            return Hold { try connection.execute("COMMIT") }
        }
    }

    /// A conversation that is held, by one task.
    struct Hold {
        fileprivate let end: () throws -> Void

        fileprivate init(_ end: @escaping () throws -> Void) {
            self.end = end
        }

        /// Lets go of it.
        func release() throws { try end() }
    }

    /// How many calls the database has waiting for a lock; nil where it does not say.
    func waiting() throws -> Int? {
        guard case .schema(let schema, let url) = place else { return nil }
        let rows = try TestPostgresConnection(url: url).execute(
            """
            SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%\(schema)%'
                AND pid <> pg_backend_pid()
            """)
        return rows.first?.first.flatMap { $0 }.flatMap { Int($0) }
    }

    /// The rows of a conversation, read past the library; nil if it has none.
    func storedTree(_ id: ConversationID) throws -> StoredTree? {
        let conversation: [[String?]]
        let messages: [[String?]]
        switch place {
        case .file(let path):
            let connection = try TestSQLiteConnection(path: path)
            conversation = try connection.execute(
                """
                SELECT head, is_branched, message_count, last_sequence FROM readable_conversations
                WHERE conversation_id = '\(id.rawValue)'
                """)
            messages = try connection.execute(
                """
                SELECT sequence, parent FROM chat_messages
                WHERE conversation = (SELECT conversation FROM conversations WHERE conversation_id = '\(id.rawValue)')
                ORDER BY sequence
                """)
        case .schema(let schema, let url):
            let connection = try TestPostgresConnection(url: url)
            conversation = try connection.execute(
                """
                SELECT head, is_branched::int, message_count, last_sequence FROM \(schema).conversations
                WHERE conversation_id = '\(id.rawValue)'
                """)
            messages = try connection.execute(
                "SELECT sequence, parent FROM \(schema).chat_messages WHERE conversation_id = '\(id.rawValue)' ORDER BY sequence"
            )
        }
        return StoredTree(conversation: conversation.first, messages: messages)
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
