extension SchemaVersion {
    /// The versions of this library; a new store gets them all.
    static let all = [version1]

    /// The tables.
    ///
    /// Texts that are compared have the collation `C`, the order of bytes. What a plain conversation or message lacks
    /// is NULL, or the column's default. PostgreSQL shows times in a readable form, so there are no views.
    ///
    /// Every append changes an indexed column of the conversation's row, so it leaves a dead row. So pages have room
    /// for the next version, and are vacuumed long before a fifth of the table is dead, PostgreSQL's default. Metadata
    /// comes last, since each append writes the row anew.
    ///
    /// Labels are in the conversation's row, where every list needs them, and again in a table of their own that finds
    /// a label's conversations in the list's order.
    ///
    /// Most tenants and conversations are small. A planner that expects this finds two indexes equally good, chooses by
    /// their sizes, and may then read all of a large conversation by the wrong one. `POSIX` orders by bytes as `C`
    /// does, but for the planner it is another order. So these indexes serve only the statements that name `POSIX`, and
    /// the tables' keys serve all others.
    ///
    /// The table of versions has other columns than before the library's first release. So a released version and an
    /// earlier one do not take each other's tables for their own.
    private static let version1 = SchemaVersion(minimumVersion: 1) { schema in
        [
            [
                """
                CREATE TABLE \(schema).conversations (
                    tenant text COLLATE "C" NOT NULL,
                    conversation_id text COLLATE "C" NOT NULL,
                    title text,
                    created_at timestamptz NOT NULL,
                    updated_at timestamptz NOT NULL,
                    last_sequence bigint NOT NULL,
                    message_count bigint NOT NULL DEFAULT 0,
                    cleared_through bigint NOT NULL DEFAULT 0,
                    read_through bigint NOT NULL DEFAULT 0,
                    head bigint,
                    is_branched boolean NOT NULL DEFAULT false,
                    labels text[] COLLATE "C",
                    metadata text,
                    CONSTRAINT conversations_pkey PRIMARY KEY (tenant, conversation_id)
                ) WITH (
                    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05
                )
                """,
                """
                CREATE INDEX conversations_newest_first ON \(schema).conversations
                    (tenant COLLATE "POSIX", updated_at DESC, conversation_id COLLATE "POSIX")
                """,
                """
                CREATE TABLE \(schema).chat_messages (
                    tenant text COLLATE "C" NOT NULL,
                    conversation_id text COLLATE "C" NOT NULL,
                    sequence bigint NOT NULL,
                    role text COLLATE "C" NOT NULL,
                    content text NOT NULL,
                    created_at timestamptz NOT NULL,
                    message_key text COLLATE "C",
                    parent bigint,
                    state text COLLATE "C",
                    revision bigint,
                    revised_at timestamptz,
                    parts text,
                    metadata text,
                    CONSTRAINT chat_messages_pkey PRIMARY KEY (tenant, conversation_id, sequence),
                    CONSTRAINT chat_messages_role_check CHECK (role IN ('assistant', 'system', 'user')),
                    CONSTRAINT chat_messages_conversation_fkey FOREIGN KEY (tenant, conversation_id)
                        REFERENCES \(schema).conversations (tenant, conversation_id) ON DELETE CASCADE
                ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)
                """,
                """
                CREATE UNIQUE INDEX chat_messages_key ON \(schema).chat_messages
                    (tenant COLLATE "POSIX", conversation_id COLLATE "POSIX", message_key)
                    WHERE message_key IS NOT NULL
                """,
                """
                CREATE INDEX chat_messages_branches ON \(schema).chat_messages
                    (tenant COLLATE "POSIX", conversation_id COLLATE "POSIX", sequence) INCLUDE (parent)
                    WHERE parent IS NOT NULL
                """,
                """
                CREATE INDEX chat_messages_streaming ON \(schema).chat_messages
                    (tenant COLLATE "POSIX", conversation_id COLLATE "POSIX", sequence)
                    WHERE state = 'streaming'
                """,
                """
                CREATE TABLE \(schema).conversation_labels (
                    tenant text COLLATE "C" NOT NULL,
                    conversation_id text COLLATE "C" NOT NULL,
                    label text COLLATE "C" NOT NULL,
                    updated_at timestamptz NOT NULL,
                    CONSTRAINT conversation_labels_pkey PRIMARY KEY (tenant, conversation_id, label),
                    CONSTRAINT conversation_labels_conversation_fkey FOREIGN KEY (tenant, conversation_id)
                        REFERENCES \(schema).conversations (tenant, conversation_id) ON DELETE CASCADE
                ) WITH (
                    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05
                )
                """,
                """
                CREATE INDEX conversation_labels_newest_first ON \(schema).conversation_labels
                    (tenant COLLATE "POSIX", label COLLATE "POSIX", updated_at DESC, conversation_id COLLATE "POSIX")
                """,
                """
                CREATE TABLE \(schema).chat_storage_schema (
                    single_row boolean DEFAULT true,
                    schema_version integer NOT NULL,
                    minimum_schema_version integer NOT NULL,
                    CONSTRAINT chat_storage_schema_pkey PRIMARY KEY (single_row),
                    CONSTRAINT chat_storage_schema_single_row_check CHECK (single_row)
                )
                """,
                """
                COMMENT ON COLUMN \(schema).conversations.cleared_through IS
                    'the highest sequence that a clear has removed'
                """,
                """
                COMMENT ON COLUMN \(schema).conversations.read_through IS
                    'the highest sequence that the user has read'
                """,
                """
                COMMENT ON COLUMN \(schema).conversations.head IS
                    'the sequence at which the conversation goes on, 0 for none; NULL: the highest stored one'
                """,
                """
                COMMENT ON COLUMN \(schema).conversations.is_branched IS
                    'whether it has a head or a message has a parent'
                """,
                """
                COMMENT ON COLUMN \(schema).conversations.labels IS
                    'NULL: none; each has a row in conversation_labels'
                """,
                """
                COMMENT ON TABLE \(schema).conversation_labels IS
                    'finds conversations by label; the library writes it with conversations.labels and updated_at'
                """,
                """
                COMMENT ON COLUMN \(schema).chat_messages.parent IS
                    'the sequence that it follows, 0 for none; NULL: the stored one before'
                """,
                """
                COMMENT ON COLUMN \(schema).chat_messages.state IS 'NULL: complete'
                """,
                """
                COMMENT ON COLUMN \(schema).chat_messages.revision IS
                    'how often an answer under way was written; NULL: it was appended whole'
                """,
                """
                COMMENT ON COLUMN \(schema).chat_messages.parts IS
                    'JSON of a message that is not one text; NULL: content is all'
                """,
                """
                INSERT INTO \(schema).chat_storage_schema (schema_version, minimum_schema_version) VALUES (1, 1)
                """,
            ]
        ]
    }
}
