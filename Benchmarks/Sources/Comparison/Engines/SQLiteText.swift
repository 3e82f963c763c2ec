/// The statements of the library's SQLite backend, copied by hand from `Sources/ChatStorageSQLite/Engine/Query.swift`.
///
/// The limit and the peer run what the library runs; that all return the same is checked before anything is measured.
enum SQLiteText {
    /// `Query.createForAppend`.
    static let touch = """
        INSERT INTO conversations (tenant, conversation_id, created_at_us, updated_at_us, last_sequence)
        VALUES (?1, ?2, ?4, ?4, ?3)
        ON CONFLICT DO UPDATE
        SET last_sequence = last_sequence + excluded.last_sequence,
            updated_at_us = max(updated_at_us, excluded.updated_at_us)
        RETURNING last_sequence, updated_at_us, created_at_us
        """
    /// `Query.insertMessage`.
    static let insert = """
        INSERT INTO chat_messages (tenant, conversation_id, sequence, role, content, created_at_us)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """
    /// `Query.messagesBefore`, which the library gives the highest number for the last messages.
    static let lastMessages = """
        SELECT m.sequence, m.role, m.content, m.created_at_us
        FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
        WHERE c.tenant = ?1 AND c.conversation_id = ?2
            AND m.tenant = ?1 AND m.conversation_id = ?2 AND m.sequence < ?3
        ORDER BY m.sequence DESC LIMIT ?4
        """
    /// `Query.olderConversations`, which the library gives the highest number for the first page.
    static let conversations = """
        SELECT conversation_id, title, created_at_us, updated_at_us, last_sequence FROM conversations
        WHERE tenant = ?1 AND updated_at_us < ?2
        ORDER BY updated_at_us DESC, conversation_id LIMIT ?3
        """
}
