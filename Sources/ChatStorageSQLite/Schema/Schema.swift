import ChatStorageCore

/// What the library's tables are, and what a file has of them.
///
/// `chat_storage_schema` records the version of the library's schema and the lowest version that may still use it, so
/// that a later addition need not shut older processes out (contract E5).
enum Schema {
    static let version: Int64 = 1

    enum State: Equatable {
        case absent
        case current
    }

    /// Reads what a database has, and changes nothing.
    ///
    /// - Throws: ``ChatStorageError`` with the code `schemaTooNew` or `schemaMismatch`.
    static func inspect(_ database: Database) throws -> State {
        guard try database.encoding() == "UTF-8" else { throw mismatch("the database keeps text in UTF-16") }
        let names = try database.ownTableNames()
        if names.isEmpty { return .absent }
        guard names == ["chat_messages", "chat_storage_schema", "conversations"] else {
            throw mismatch("the database has tables of the library's names that the library did not make")
        }
        guard let (version, minimumVersion) = try database.recordedVersion(), version >= 1 else {
            throw mismatch("the database has tables of the library's names that the library did not make")
        }
        guard minimumVersion <= Self.version else {
            throw ChatStorageError(
                .schemaTooNew,
                "the schema needs version \(minimumVersion) of the library's schema; this one knows \(Self.version)")
        }
        return .current
    }

    /// Makes the tables unless they are there, in one transaction that only one process at a time can hold.
    static func create(on database: Database) throws {
        try database.transaction {
            guard try inspect(database) == .absent else { return }
            try database.execute(tables)
        }
    }

    private static func mismatch(_ problem: String) -> ChatStorageError {
        ChatStorageError(.schemaMismatch, problem)
    }

    /// The tables, and views of them with times as people read them.
    ///
    /// Times are stored as microseconds since 1970 in UTC. A generated column would show them in the tables themselves,
    /// and SQLite would compute it at every write, virtual or not. Conversations lie in the order of their key. Messages
    /// do not: theirs is an index, since long rows make a table without rowids slow to write
    /// (<https://www.sqlite.org/withoutrowid.html>).
    private static let tables: StaticString = """
        CREATE TABLE conversations (
            tenant TEXT NOT NULL,
            conversation_id TEXT NOT NULL,
            title TEXT,
            created_at_us INTEGER NOT NULL,
            updated_at_us INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL,
            PRIMARY KEY (tenant, conversation_id)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX conversations_recency ON conversations (tenant, updated_at_us DESC, conversation_id);

        CREATE TABLE chat_messages (
            tenant TEXT NOT NULL,
            conversation_id TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            role TEXT NOT NULL CONSTRAINT chat_messages_role_check CHECK (role IN ('system', 'user', 'assistant')),
            content TEXT NOT NULL,
            created_at_us INTEGER NOT NULL,
            PRIMARY KEY (tenant, conversation_id, sequence),
            CONSTRAINT chat_messages_conversation_fkey FOREIGN KEY (tenant, conversation_id)
                REFERENCES conversations (tenant, conversation_id) ON DELETE CASCADE
        ) STRICT;

        CREATE TABLE chat_storage_schema (
            single_row INTEGER PRIMARY KEY CHECK (single_row = 1),
            version INTEGER NOT NULL,
            minimum_version INTEGER NOT NULL
        ) STRICT;

        INSERT INTO chat_storage_schema (single_row, version, minimum_version) VALUES (1, 1, 1);

        CREATE VIEW readable_conversations AS
        SELECT tenant, conversation_id, title,
            strftime('%Y-%m-%dT%H:%M:%S', (created_at_us - 999999 * (created_at_us < 0)) / 1000000, 'unixepoch')
                || printf('.%06dZ', (created_at_us % 1000000 + 1000000) % 1000000) AS created_at,
            strftime('%Y-%m-%dT%H:%M:%S', (updated_at_us - 999999 * (updated_at_us < 0)) / 1000000, 'unixepoch')
                || printf('.%06dZ', (updated_at_us % 1000000 + 1000000) % 1000000) AS updated_at,
            last_sequence
        FROM conversations;

        CREATE VIEW readable_messages AS
        SELECT tenant, conversation_id, sequence, role, content,
            strftime('%Y-%m-%dT%H:%M:%S', (created_at_us - 999999 * (created_at_us < 0)) / 1000000, 'unixepoch')
                || printf('.%06dZ', (created_at_us % 1000000 + 1000000) % 1000000) AS created_at
        FROM chat_messages;
        """
}
