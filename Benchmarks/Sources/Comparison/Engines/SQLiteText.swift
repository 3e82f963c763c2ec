import ChatStorageCore

/// Statements that do the work of the library's SQLite backend, see `Sources/ChatStorageSQLite/Tables`.
///
/// The limit and the peer run them. The reads are simpler than the library's: they take no account of keys, revisions
/// and branches, and name no index for the list. A check before the measurement shows that all return the same.
enum SQLiteText {
    /// `ConversationTable.sql.place`.
    static let place = """
        SELECT conversation, created_at_us, updated_at_us, last_sequence, cleared_through, labels IS NOT NULL, head
        FROM conversations WHERE tenant = ?1 AND conversation_id = ?2
        """
    /// `ConversationTable.sql.extend`.
    static let extend = "UPDATE conversations SET last_sequence = ?2, updated_at_us = ?3 WHERE conversation = ?1"
    /// `MessageTable.sql.insertLean`.
    static let insert = """
        INSERT INTO chat_messages (conversation, sequence, role, created_at_us, content) VALUES (?1, ?2, ?3, ?4, ?5)
        """
    /// Like `MessageTable.sql.before`, which the library gives the highest number for the last messages.
    static let lastMessages = """
        SELECT m.sequence, m.role, m.created_at_us, m.content
        FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
        WHERE c.tenant = ?1 AND c.conversation_id = ?2 AND m.conversation = c.conversation AND m.sequence < ?3
        ORDER BY m.sequence DESC LIMIT ?4
        """
    /// Like `ConversationList.sql.older`, which the library gives the highest number for the first page.
    static let conversations = """
        SELECT conversation_id, title, created_at_us, updated_at_us, last_sequence, details
        FROM conversations
        WHERE tenant = ?1 AND updated_at_us < ?2
        ORDER BY updated_at_us DESC, conversation_id LIMIT ?3
        """

    /// The number by which a message names its role.
    static func number(of role: Role) -> Int64 { role == .assistant ? 0 : role == .user ? 1 : 2 }

    /// The role of a number; nothing that is measured has another.
    static func role(_ number: Int64) -> Role { number == 0 ? .assistant : number == 1 ? .user : .system }
}
