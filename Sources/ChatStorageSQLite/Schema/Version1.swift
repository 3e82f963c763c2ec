extension Schema {
    /// The tables, and views of them with readable names and times.
    ///
    /// - A conversation has a number of its own, which its messages carry, so rows and index entries are short. Numbers
    ///   of deleted conversations can be used again.
    /// - A role is a row, so a role can be added without rebuilding the table of messages. The numbers 0 and 1 take no
    ///   byte in a message, so they stand for the most frequent roles.
    /// - Times are microseconds since 1970 in UTC. A generated column would show them as text in the tables themselves,
    ///   and SQLite would compute it at every write, virtual or not.
    /// - What a plain message or conversation lacks is NULL, or the column's default. Long columns come last: to reach
    ///   a column after them, SQLite would follow their overflow pages.
    /// - A conversation's labels are a JSON array, in the order of their bytes. Each label also has a row in a table
    ///   that is in the order of the list, so a page of a label's conversations is a range. Conversations without
    ///   labels have no rows there.
    /// - A message's parent is the message that it follows, 0 for none. It is NULL exactly if that is the stored
    ///   message of the next lower sequence, or none. A conversation's head is NULL exactly if it is the message of the
    ///   highest sequence. A conversation is branched if its head, or the parent of one of its messages, is not NULL.
    /// - A column says whether there is more to read, so that a plain row costs nothing for what it lacks. A
    ///   conversation's `details` is 1 if the conversation has branched; otherwise it is NULL if all columns after it
    ///   are, and 0 if not. A message's revision is NULL if it was appended whole and is a text alone, and 0 if it was
    ///   appended whole and has parts or metadata. A state is NULL if the message is complete. A conversation's number
    ///   of messages is that of its used sequences, minus the removed ones.
    /// - Every append writes the conversation's row anew. So long metadata has a table of its own; the column then has
    ///   an empty text, which is no JSON.
    /// - The messages' key is an index, and not the order of the rows: long rows make a table without rowids slow to
    ///   write (<https://www.sqlite.org/withoutrowid.html>).
    /// - The table of versions has other columns than before the first release. So a released version and an earlier
    ///   one do not take each other's tables for their own.
    static let version1: StaticString = """
        CREATE TABLE conversations (
            conversation INTEGER PRIMARY KEY,
            tenant TEXT NOT NULL,
            conversation_id TEXT NOT NULL,
            title TEXT,
            created_at_us INTEGER NOT NULL,
            updated_at_us INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL,
            details INTEGER,
            removed_count INTEGER,
            head INTEGER,
            cleared_through INTEGER,
            read_through INTEGER,
            labels TEXT,
            metadata TEXT,
            UNIQUE (tenant, conversation_id),
            CONSTRAINT conversations_details_check CHECK (
                details IS NOT NULL
                OR coalesce(removed_count, head, cleared_through, read_through, labels, metadata) IS NULL)
        ) STRICT;

        CREATE INDEX conversations_recency ON conversations (tenant, updated_at_us DESC, conversation_id);

        CREATE TABLE conversation_labels (
            tenant TEXT NOT NULL,
            label TEXT NOT NULL,
            updated_at_us INTEGER NOT NULL,
            conversation_id TEXT NOT NULL,
            conversation INTEGER NOT NULL
                CONSTRAINT conversation_labels_conversation_fkey
                REFERENCES conversations (conversation) ON DELETE CASCADE,
            PRIMARY KEY (tenant, label, updated_at_us DESC, conversation_id)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX conversation_labels_conversation ON conversation_labels (conversation);

        CREATE TABLE conversation_metadata (
            conversation INTEGER PRIMARY KEY
                CONSTRAINT conversation_metadata_conversation_fkey
                REFERENCES conversations (conversation) ON DELETE CASCADE,
            metadata TEXT NOT NULL
        ) STRICT;

        CREATE TABLE chat_roles (
            role INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE
        ) STRICT;

        INSERT INTO chat_roles (role, name) VALUES (0, 'assistant'), (1, 'user'), (2, 'system');

        CREATE TABLE chat_messages (
            conversation INTEGER NOT NULL
                CONSTRAINT chat_messages_conversation_fkey REFERENCES conversations (conversation) ON DELETE CASCADE,
            sequence INTEGER NOT NULL,
            role INTEGER NOT NULL CONSTRAINT chat_messages_role_fkey REFERENCES chat_roles (role),
            created_at_us INTEGER NOT NULL,
            revision INTEGER,
            message_key TEXT,
            parent INTEGER,
            state TEXT,
            revised_at_us INTEGER,
            content TEXT NOT NULL,
            parts TEXT,
            metadata TEXT,
            PRIMARY KEY (conversation, sequence),
            CONSTRAINT chat_messages_revision_check CHECK (
                revision IS NOT NULL OR coalesce(state, revised_at_us, parts, metadata) IS NULL)
        ) STRICT;

        CREATE UNIQUE INDEX chat_messages_key ON chat_messages (conversation, message_key)
        WHERE message_key IS NOT NULL;

        CREATE INDEX chat_messages_parent ON chat_messages (conversation, sequence, parent) WHERE parent IS NOT NULL;

        CREATE INDEX chat_messages_streaming ON chat_messages (conversation, sequence) WHERE state = 'streaming';

        CREATE TABLE chat_storage_schema (
            single_row INTEGER PRIMARY KEY CHECK (single_row = 1),
            schema_version INTEGER NOT NULL,
            minimum_schema_version INTEGER NOT NULL
        ) STRICT;

        INSERT INTO chat_storage_schema (single_row, schema_version, minimum_schema_version) VALUES (1, 1, 1);

        CREATE VIEW readable_conversations AS
        SELECT tenant, conversation_id, title,
            strftime('%Y-%m-%dT%H:%M:%S', (created_at_us - 999999 * (created_at_us < 0)) / 1000000, 'unixepoch')
                || printf('.%06dZ', (created_at_us % 1000000 + 1000000) % 1000000) AS created_at,
            strftime('%Y-%m-%dT%H:%M:%S', (updated_at_us - 999999 * (updated_at_us < 0)) / 1000000, 'unixepoch')
                || printf('.%06dZ', (updated_at_us % 1000000 + 1000000) % 1000000) AS updated_at,
            last_sequence, last_sequence - coalesce(removed_count, 0) AS message_count, head,
            coalesce(cleared_through, 0) AS cleared_through, coalesce(details, 0) <> 0 AS is_branched,
            coalesce(read_through, 0) AS read_through, labels,
            iif(metadata = '',
                (SELECT b.metadata FROM conversation_metadata AS b WHERE b.conversation = c.conversation), metadata)
                AS metadata
        FROM conversations AS c;

        CREATE VIEW readable_messages AS
        SELECT c.tenant, c.conversation_id, m.sequence, r.name AS role, m.content,
            strftime('%Y-%m-%dT%H:%M:%S', (m.created_at_us - 999999 * (m.created_at_us < 0)) / 1000000, 'unixepoch')
                || printf('.%06dZ', (m.created_at_us % 1000000 + 1000000) % 1000000) AS created_at,
            m.message_key, m.parent, m.state, nullif(m.revision, 0) AS revision,
            strftime('%Y-%m-%dT%H:%M:%S', (m.revised_at_us - 999999 * (m.revised_at_us < 0)) / 1000000, 'unixepoch')
                || printf('.%06dZ', (m.revised_at_us % 1000000 + 1000000) % 1000000) AS revised_at,
            m.parts, m.metadata
        FROM chat_messages AS m JOIN conversations AS c USING (conversation) LEFT JOIN chat_roles AS r USING (role);
        """
}
