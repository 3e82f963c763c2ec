import ChatStorageCore

/// The tables as this version of the library makes them.
struct SchemaDefinition {
    /// The version of the schema that is made.
    static let version: Int64 = 3

    /// The table that tells the library's tables from others of the same names.
    static let versionTable = "chat_storage_schema"
    static let tables = ["conversations", "chat_messages", versionTable]
    static let messageKeyIndex = "chat_messages_key"
    static let newestFirstIndex = "conversations_newest_first"

    private let schema: SchemaName

    init(_ schema: SchemaName) {
        self.schema = schema
    }

    /// What makes the schema, in one transaction.
    ///
    /// One process at a time: the others wait for the lock, then fail at the first table, and look again.
    ///
    /// - Parameter createsNamespace: Whether the PostgreSQL schema itself is made, which needs a right that its user
    ///   often lacks.
    func creation(createsNamespace: Bool) -> Request {
        let namespace = createsNamespace ? ["CREATE SCHEMA IF NOT EXISTS \(schema.quoted)"] : []
        return transaction(namespace + version1 + version2 + version3 + [setVersion(Self.version)])
    }

    /// What turns an older version into this one: transactions that can be repeated.
    ///
    /// One process at a time: the others wait for the lock, and then find nothing to do. No transaction locks both
    /// tables, whose order of locks differs among the calls of processes that go on meanwhile. Writes wait while an
    /// index is made, which reads its table once; where they must not wait, an admin makes the column and, with
    /// `CONCURRENTLY`, the indexes beforehand.
    func migration(from version: Int64) -> [Request] {
        ((version < 2 ? version2 : []) + version3).map { transaction([$0]) }
    }

    /// The last step: it says that the others are done.
    var endOfMigration: Request { transaction([setVersion(Self.version)]) }

    /// Reads which of the indexes that may have been made before are not whole.
    ///
    /// A `CREATE INDEX CONCURRENTLY` that fails leaves one, and nothing is found by it.
    var readInvalidIndexes: Request {
        .read(
            PreparedSQL(
                text: """
                    SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                    JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = $1 AND c.relname IN ('\(Self.messageKeyIndex)', '\(Self.newestFirstIndex)')
                        AND NOT i.indisvalid
                    """, [.text]),
            Parameters { $0.append(schema.name) })
    }

    private func transaction(_ statements: [String]) -> Request {
        let lock = Request.Step(
            statement: PreparedSQL(text: "SELECT pg_advisory_xact_lock($1)::text", [.bigint]), bytes: 0
        ) { [key = schema.lockKey] in Parameters { $0.append(key) } }
        let steps = statements.map { sql in
            Request.Step(statement: PreparedSQL(text: sql), bytes: 0) { Parameters() }
        }
        return .transaction([lock] + steps, on: .schema)
    }

    /// Reads the version of the schema, and the lowest library version that may use it.
    var readVersion: Request {
        .read(
            PreparedSQL(
                text: """
                    SELECT version::bigint, minimum_version::bigint
                    FROM \(schema.quoted).\(Self.versionTable)
                    """))
    }

    /// Every update of a conversation changes an indexed column, so it leaves a dead row: pages are made with room for
    /// the next version, and vacuumed long before a fifth of the table is dead, which is PostgreSQL's default.
    var version1: [String] {
        let schema = schema.quoted
        let roles = Role.standard.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
        return [
            """
            CREATE TABLE \(schema).conversations (
                tenant text COLLATE "C" NOT NULL,
                conversation_id text COLLATE "C" NOT NULL,
                title text,
                created_at timestamptz NOT NULL,
                updated_at timestamptz NOT NULL,
                last_sequence bigint NOT NULL,
                CONSTRAINT conversations_pkey PRIMARY KEY (tenant, conversation_id)
            ) WITH (
                fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05
            )
            """,
            """
            CREATE INDEX conversations_recency ON \(schema).conversations (tenant, updated_at DESC, conversation_id)
            """,
            """
            CREATE TABLE \(schema).chat_messages (
                tenant text COLLATE "C" NOT NULL,
                conversation_id text COLLATE "C" NOT NULL,
                sequence bigint NOT NULL,
                role text COLLATE "C" NOT NULL,
                content text NOT NULL,
                created_at timestamptz NOT NULL,
                CONSTRAINT chat_messages_pkey PRIMARY KEY (tenant, conversation_id, sequence),
                CONSTRAINT chat_messages_role_check CHECK (role IN (\(roles))),
                CONSTRAINT chat_messages_conversation_fkey FOREIGN KEY (tenant, conversation_id)
                    REFERENCES \(schema).conversations (tenant, conversation_id) ON DELETE CASCADE
            ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)
            """,
            """
            CREATE TABLE \(schema).\(Self.versionTable) (
                single_row boolean DEFAULT true,
                version integer NOT NULL,
                minimum_version integer NOT NULL,
                CONSTRAINT chat_storage_schema_pkey PRIMARY KEY (single_row),
                CONSTRAINT chat_storage_schema_single_row_check CHECK (single_row)
            )
            """,
            """
            INSERT INTO \(schema).\(Self.versionTable) (version, minimum_version)
            VALUES (1, 1)
            """,
        ]
    }

    /// Keys of messages, which make appends repeatable, and plans that no statistics change.
    ///
    /// Processes of version 1 go on beside it; they write no keys, and sort what they list.
    ///
    /// A planner that takes tenants and conversations for small, as they mostly are, finds two indexes as good as each
    /// other and lets their sizes decide: it then reads the whole of a large one by the other index. `POSIX` is the
    /// order of bytes, as `C` is, but to the planner another one: these indexes serve the statements that name it, and
    /// the tables' keys all others.
    var version2: [String] {
        let schema = schema.quoted
        return [
            "ALTER TABLE \(schema).chat_messages ADD COLUMN IF NOT EXISTS message_key text COLLATE \"C\"",
            """
            CREATE UNIQUE INDEX IF NOT EXISTS \(Self.messageKeyIndex)
            ON \(schema).chat_messages (tenant COLLATE "POSIX", conversation_id COLLATE "POSIX", message_key)
            WHERE message_key IS NOT NULL
            """,
            """
            CREATE INDEX IF NOT EXISTS \(Self.newestFirstIndex) ON \(schema).conversations
            (tenant COLLATE "POSIX", updated_at DESC, conversation_id COLLATE "POSIX")
            """,
            "DROP INDEX IF EXISTS \(schema).conversations_recency",
        ]
    }

    /// Which messages the last clear removed: those up to this sequence.
    ///
    /// So a clear's two statements share what they know in a column, and need neither the engine's own columns nor the
    /// session's state, which a distributed engine has on several servers. Processes of version 2 go on beside it.
    var version3: [String] {
        [
            """
            ALTER TABLE \(schema.quoted).conversations
            ADD COLUMN IF NOT EXISTS cleared_through bigint NOT NULL DEFAULT 0
            """
        ]
    }

    /// The end of every change of the tables.
    func setVersion(_ version: Int64) -> String {
        "UPDATE \(schema.quoted).\(Self.versionTable) SET version = \(version) WHERE version < \(version)"
    }
}
