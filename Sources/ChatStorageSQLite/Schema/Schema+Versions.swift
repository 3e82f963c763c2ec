extension Schema {
    /// What makes each version of the schema of the one before it; a new store gets them all.
    static let versions = [version1, version2]

    /// The tables, and views of them with times as people read them.
    ///
    /// Times are stored as microseconds since 1970 in UTC. A generated column would show them in the tables themselves,
    /// and SQLite would compute it at every write, virtual or not. Conversations lie in the order of their key. Messages
    /// do not: theirs is an index, since long rows make a table without rowids slow to write
    /// (<https://www.sqlite.org/withoutrowid.html>).
    private static let version1: StaticString = """
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

    /// Keys of messages, which make appends repeatable; processes of version 1 go on beside it and write none.
    private static let version2: StaticString = """
        ALTER TABLE chat_messages ADD COLUMN message_key TEXT;

        CREATE UNIQUE INDEX chat_messages_key ON chat_messages (tenant, conversation_id, message_key)
        WHERE message_key IS NOT NULL;

        UPDATE chat_storage_schema SET version = 2;
        """
}
