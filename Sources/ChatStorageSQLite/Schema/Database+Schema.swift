extension Schema {
    /// The tables' names, in alphabetical order.
    static let tables = [
        "chat_messages", "chat_roles", "chat_storage_schema", "conversation_labels", "conversation_metadata",
        "conversations",
    ]

    fileprivate struct Statements: Sendable {
        let tableCount = SQL("SELECT count(*) FROM sqlite_schema")
        let ownTableNames = SQL(
            """
            SELECT lower(name) FROM sqlite_schema
            WHERE lower(name) IN (
                'chat_messages', 'chat_roles', 'chat_storage_schema', 'conversation_labels',
                'conversation_metadata', 'conversations')
            ORDER BY 1
            """)
        let negateVersion = SQL("UPDATE chat_storage_schema SET schema_version = -schema_version")
        let recordedVersion = SQL("SELECT schema_version, minimum_schema_version FROM chat_storage_schema")
    }

    fileprivate static let sql = Statements()
}

extension Database {
    /// Which of the library's names are taken in the database, in alphabetical order.
    ///
    /// SQLite's names ignore case, so an app's `Conversations` takes the name too.
    func ownTableNames() throws -> [String] {
        try run(Schema.sql.ownTableNames) { statement in try statement.rows { try $0.text(0) } }
    }

    /// The recorded version and the lowest version that may still use the schema; nil if the table is not the
    /// library's.
    func recordedVersion() throws -> (version: Int64, minimumVersion: Int64)? {
        do {
            return try run(Schema.sql.recordedVersion) { statement in
                try statement.step() ? (statement.int64(0), statement.int64(1)) : nil
            }
        } catch let failure as SQLiteFailure where failure.isSQLError {
            return nil
        }
    }

    /// Writes a page without changing it, in the caller's transaction.
    ///
    /// SQLite writes no page for an UPDATE that changes nothing, but it writes one for two that undo each other.
    func changeNothing() throws {
        try command(Schema.sql.negateVersion)
        try command(Schema.sql.negateVersion)
        try checkForCommit()
    }

    /// Whether the database has nothing in it.
    func isEmpty() throws -> Bool {
        try run(Schema.sql.tableCount) { try $0.step() && $0.int64(0) == 0 }
    }
}
