/// Every statement that reads or writes conversations and messages, each prepared once a connection.
///
/// Parameters are numbered: ?1 is the tenant, ?2 the conversation's id where there is one. An index is named where
/// another would do after an `ANALYZE` of mostly small tenants or conversations, at the price of reading all of a large
/// one. CROSS JOIN keeps the tables in the order in which they stand
/// (<https://www.sqlite.org/optoverview.html#crossjoin>).
enum Query: Int, CaseIterable {
    case begin, commit, rollback, savepoint, releaseSavepoint, rollbackToSavepoint
    case readConversation, createConversation, retitleConversation, deleteConversation
    case touchForAppend, createForAppend, touchUnchangedForAppend, touchForClear
    case tiedConversations, olderConversations, otherTenants
    case tableCount, ownTableNames, recordedVersion, encoding, journalMode, useWriteAheadLog, useRollbackJournal
    case insertMessage, insertKeyedMessage, messagesBefore, messagesAfter, messageOfKey, anyMessage
    case deleteMessages

    var sql: StaticString {
        switch self {
        case .begin: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"
        case .savepoint: "SAVEPOINT call"
        case .releaseSavepoint: "RELEASE call"
        case .rollbackToSavepoint: "ROLLBACK TO call"

        case .tableCount: "SELECT count(*) FROM sqlite_schema"
        case .ownTableNames:
            """
            SELECT lower(name) FROM sqlite_schema
            WHERE lower(name) IN ('chat_messages', 'chat_storage_schema', 'conversations') ORDER BY 1
            """
        case .recordedVersion: "SELECT version, minimum_version FROM chat_storage_schema"
        case .encoding: "PRAGMA encoding"
        case .journalMode: "PRAGMA journal_mode"
        case .useWriteAheadLog: "PRAGMA journal_mode = WAL"
        case .useRollbackJournal: "PRAGMA journal_mode = DELETE"

        case .readConversation:
            """
            SELECT conversation_id, title, created_at_us, updated_at_us, last_sequence FROM conversations
            WHERE tenant = ?1 AND conversation_id = ?2
            """
        case .createConversation:
            """
            INSERT INTO conversations (tenant, conversation_id, title, created_at_us, updated_at_us, last_sequence)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING
            """
        case .retitleConversation:
            """
            UPDATE conversations SET title = ?3, updated_at_us = max(updated_at_us, ?4)
            WHERE tenant = ?1 AND conversation_id = ?2
            RETURNING conversation_id, title, created_at_us, updated_at_us, last_sequence
            """
        case .deleteConversation:
            "DELETE FROM conversations WHERE tenant = ?1 AND conversation_id = ?2"

        case .touchForAppend:
            """
            UPDATE conversations SET last_sequence = last_sequence + ?3, updated_at_us = max(updated_at_us, ?4)
            WHERE tenant = ?1 AND conversation_id = ?2
            RETURNING last_sequence, updated_at_us
            """
        case .createForAppend:
            """
            INSERT INTO conversations (tenant, conversation_id, created_at_us, updated_at_us, last_sequence)
            VALUES (?1, ?2, ?4, ?4, ?3)
            ON CONFLICT DO UPDATE
            SET last_sequence = last_sequence + excluded.last_sequence,
                updated_at_us = max(updated_at_us, excluded.updated_at_us)
            RETURNING last_sequence, updated_at_us, created_at_us
            """
        case .touchUnchangedForAppend:
            """
            UPDATE conversations SET last_sequence = last_sequence + ?3, updated_at_us = max(updated_at_us, ?4)
            WHERE tenant = ?1 AND conversation_id = ?2 AND created_at_us = ?5 AND last_sequence = ?6
            RETURNING last_sequence, updated_at_us
            """
        case .touchForClear:
            """
            UPDATE conversations SET updated_at_us = max(updated_at_us, ?3)
            WHERE tenant = ?1 AND conversation_id = ?2
            """

        case .tiedConversations:
            """
            SELECT conversation_id, title, created_at_us, updated_at_us, last_sequence FROM conversations
            INDEXED BY conversations_recency
            WHERE tenant = ?1 AND updated_at_us = ?2 AND conversation_id > ?3
            ORDER BY conversation_id LIMIT ?4
            """
        case .olderConversations:
            """
            SELECT conversation_id, title, created_at_us, updated_at_us, last_sequence FROM conversations
            INDEXED BY conversations_recency
            WHERE tenant = ?1 AND updated_at_us < ?2
            ORDER BY updated_at_us DESC, conversation_id LIMIT ?3
            """

        case .otherTenants:
            "SELECT count(DISTINCT nullif(tenant, ?1)) FROM conversations"

        case .insertMessage:
            """
            INSERT INTO chat_messages (tenant, conversation_id, sequence, role, content, created_at_us)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """
        case .insertKeyedMessage:
            """
            INSERT INTO chat_messages (tenant, conversation_id, sequence, role, content, created_at_us, message_key)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """
        // Through the conversation: messages without one belong to nobody.
        case .messagesBefore:
            """
            SELECT m.sequence, m.role, m.content, m.created_at_us, m.message_key
            FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE c.tenant = ?1 AND c.conversation_id = ?2
                AND m.tenant = ?1 AND m.conversation_id = ?2 AND m.sequence < ?3
            ORDER BY m.sequence DESC LIMIT ?4
            """
        case .messagesAfter:
            """
            SELECT m.sequence, m.role, m.content, m.created_at_us, m.message_key
            FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY sqlite_autoindex_chat_messages_1
            WHERE c.tenant = ?1 AND c.conversation_id = ?2
                AND m.tenant = ?1 AND m.conversation_id = ?2 AND m.sequence > ?3
            ORDER BY m.sequence LIMIT ?4
            """
        case .messageOfKey:
            """
            SELECT m.sequence, m.role, m.content, m.created_at_us, m.message_key
            FROM conversations AS c CROSS JOIN chat_messages AS m INDEXED BY chat_messages_key
            WHERE c.tenant = ?1 AND c.conversation_id = ?2
                AND m.tenant = ?1 AND m.conversation_id = ?2 AND m.message_key = ?3
            """
        case .anyMessage:
            "SELECT 1 FROM chat_messages WHERE tenant = ?1 AND conversation_id = ?2 LIMIT 1"
        case .deleteMessages:
            "DELETE FROM chat_messages WHERE tenant = ?1 AND conversation_id = ?2"
        }
    }
}
