import ChatStorageCore

/// Defends against other programs' changes of the file: rows without a conversation, and triggers.
extension Database {
    /// Removes messages, labels and metadata that were left under a new conversation's key.
    ///
    /// A program that does not enforce foreign keys, such as SQLite's shell by default, deletes conversations but not
    /// their messages (<https://www.sqlite.org/foreignkeys.html#fk_enable>). A new conversation of any tenant can get
    /// their key, and must not begin with them.
    func removeOrphans(of key: Int64) throws {
        guard try hasAnyRows(of: key) else { return }
        try labelTable.delete(of: key)
        try metadataTable.deleteUnused(of: key)
        _ = try messageTable.delete(of: key)
        try refuseMessagesLeft(of: key)
    }

    private func hasAnyRows(of key: Int64) throws -> Bool {
        try run(OrphanRows.sql.any) { statement in
            try statement.bind(key, at: 1)
            return try statement.step()
        }
    }

    /// Refuses a deletion that left messages.
    func refuseMessagesLeft(of key: Int64) throws {
        if try messageTable.hasAny(of: key) { throw Self.rowIgnored }
    }

    /// Refuses a statement that did not change an existing conversation.
    func refuseIgnoredRow(tenant: String, _ id: ConversationID) throws {
        if try conversation(tenant: tenant, id) != nil { throw Self.rowIgnored }
    }

    /// A trigger can skip a row's change without an error by RAISE(IGNORE)
    /// (<https://www.sqlite.org/lang_createtrigger.html#the_raise_function>).
    static let rowIgnored = ChatStorageError(
        .schemaMismatch, "a trigger that is not the library's kept a row from being written or deleted")
}

/// Rows of other tables that have the number of a conversation.
struct OrphanRows {
    struct Statements: Sendable {
        /// ?1 the number.
        let any = SQL(
            """
            SELECT 1 FROM chat_messages WHERE conversation = ?1
            UNION ALL SELECT 1 FROM conversation_labels WHERE conversation = ?1
            UNION ALL SELECT 1 FROM conversation_metadata WHERE conversation = ?1 LIMIT 1
            """)
    }

    static let sql = Statements()
}
