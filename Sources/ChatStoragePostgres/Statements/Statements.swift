/// The statements of the operations, for the tables of one schema.
///
/// Columns are always named: after a migration by another process `RETURNING *` would change its type.
/// `now()` is the time at which the transaction began, in microseconds.
final class Statements: Sendable {
    let createConversation: PreparedSQL
    let conversation: PreparedSQL
    let getOrCreateConversation: PreparedSQL
    let updateTitle: PreparedSQL
    let deleteConversation: PreparedSQL
    let firstConversations: PreparedSQL
    let nextConversations: PreparedSQL
    let append: PreparedSQL
    let mergedAppend: PreparedSQL
    let appendIfExists: PreparedSQL
    let keyedAppend: PreparedSQL
    let keyedAppendIfExists: PreparedSQL
    let appendIfUnchanged: PreparedSQL
    let lastMessages: PreparedSQL
    let messagesBefore: PreparedSQL
    let messagesAfter: PreparedSQL
    let markCleared: PreparedSQL
    let deleteCleared: PreparedSQL
    let restoreConversation: PreparedSQL
    let restoreMessages: PreparedSQL
    /// Whether the engine distributes the tables: a statement for several tenants then spans shards.
    let isDistributed: Bool
    private let conversations: String

    /// Makes the statements.
    ///
    /// - Parameter isDistributed: Whether the engine distributes the tables, and finds a tenant's shard by the column
    ///   itself.
    init(_ schema: SchemaName, isDistributed: Bool = false) {
        self.isDistributed = isDistributed
        let conversations = "\(schema.quoted).conversations"
        self.conversations = conversations
        let messages = "\(schema.quoted).chat_messages"
        // A connection's prepared statements outlive a move of the tables to another schema.
        let prefix = "chatstorage_\(String(UInt64(bitPattern: schema.lockKey), radix: 16))"
        let columns = "conversation_id, title, created_at, updated_at, last_sequence"
        let messageColumns = "sequence, role, content, created_at, message_key"
        let thisConversation = "tenant = $1 AND conversation_id = $2"
        // Columns as the indexes compare them that are made for one statement each; see `SchemaDefinition.version2`.
        let thisTenant = "\(isDistributed ? "tenant = $1 AND " : "")tenant COLLATE \"POSIX\" = $1"
        let id = "conversation_id COLLATE \"POSIX\""
        let newestFirst = "updated_at DESC, \(id)"

        createConversation = PreparedSQL(
            "\(prefix)_create", [.text, .text, .text],
            """
            INSERT INTO \(conversations) (tenant, conversation_id, title, created_at, updated_at, last_sequence)
            VALUES ($1, $2, $3, now(), now(), 0)
            ON CONFLICT (tenant, conversation_id) DO NOTHING
            RETURNING \(columns)
            """)
        conversation = PreparedSQL(
            "\(prefix)_conversation", [.text, .text],
            "SELECT \(columns) FROM \(conversations) WHERE \(thisConversation)")
        getOrCreateConversation = PreparedSQL(
            "\(prefix)_get_or_create", [.text, .text, .text],
            """
            WITH inserted AS (
                INSERT INTO \(conversations) (tenant, conversation_id, title, created_at, updated_at, last_sequence)
                VALUES ($1, $2, $3, now(), now(), 0)
                ON CONFLICT (tenant, conversation_id) DO NOTHING
                RETURNING \(columns))
            SELECT \(columns) FROM inserted
            UNION ALL
            SELECT \(columns) FROM \(conversations) WHERE \(thisConversation)
            LIMIT 1
            """)
        updateTitle = PreparedSQL(
            "\(prefix)_update_title", [.text, .text, .text],
            """
            UPDATE \(conversations) SET title = $3, updated_at = greatest(now(), updated_at)
            WHERE \(thisConversation)
            RETURNING \(columns)
            """)
        deleteConversation = PreparedSQL(
            "\(prefix)_delete", [.text, .text], "DELETE FROM \(conversations) WHERE \(thisConversation)")

        firstConversations = PreparedSQL(
            "\(prefix)_first_conversations", [.text, .bigint],
            """
            SELECT \(columns) FROM \(conversations) WHERE \(thisTenant)
            ORDER BY \(newestFirst) LIMIT $2
            """)
        // Those tied with the last one, then the older ones: two ranges of one index. As one condition with OR the
        // index would be read from its start each time.
        nextConversations = PreparedSQL(
            "\(prefix)_next_conversations", [.text, .timestamptz, .text, .bigint],
            """
            SELECT \(columns) FROM (
                (SELECT \(columns) FROM \(conversations)
                 WHERE \(thisTenant) AND updated_at = $2 AND \(id) > $3
                 ORDER BY \(newestFirst) LIMIT $4)
                UNION ALL
                (SELECT \(columns) FROM \(conversations)
                 WHERE \(thisTenant) AND updated_at < $2
                 ORDER BY \(newestFirst) LIMIT $4)
            ) AS page
            ORDER BY \(newestFirst) LIMIT $4
            """)

        // Every write locks the conversation's row first, so that sequences follow the order of commits.
        let insertMessages = """
            INSERT INTO \(messages) (tenant, conversation_id, sequence, role, content, created_at)
            SELECT c.tenant, c.conversation_id, c.last_sequence - cardinality($3) + added.number,
                added.role, added.content, c.updated_at
            FROM c, unnest($3, $4) WITH ORDINALITY AS added (role, content, number)
            RETURNING sequence, created_at
            """
        append = PreparedSQL(
            "\(prefix)_append", [.text, .text, .textArray, .textArray],
            """
            WITH c AS (
                INSERT INTO \(conversations) AS v (tenant, conversation_id, created_at, updated_at, last_sequence)
                VALUES ($1, $2, now(), now(), cardinality($3))
                ON CONFLICT (tenant, conversation_id) DO UPDATE
                SET last_sequence = v.last_sequence + excluded.last_sequence,
                    updated_at = greatest(excluded.updated_at, v.updated_at)
                RETURNING tenant, conversation_id, last_sequence, updated_at)
            \(insertMessages)
            """)
        // The rows are locked in the order of their key, so that two such statements do not wait for each other. The
        // conversations are numbered in that order, by which their messages find them, and their callers.
        mergedAppend = PreparedSQL(
            "\(prefix)_merged_append",
            [.textArray, .textArray, .bigintArray, .bigintArray, .bigintArray, .textArray, .textArray],
            """
            WITH c AS (
                INSERT INTO \(conversations) AS v (tenant, conversation_id, created_at, updated_at, last_sequence)
                SELECT given.tenant, given.conversation_id, now(), now(), given.messages
                FROM unnest($1, $2, $3) AS given (tenant, conversation_id, messages)
                ORDER BY given.tenant COLLATE "C", given.conversation_id COLLATE "C"
                ON CONFLICT (tenant, conversation_id) DO UPDATE
                SET last_sequence = v.last_sequence + excluded.last_sequence,
                    updated_at = greatest(excluded.updated_at, v.updated_at)
                RETURNING tenant, conversation_id, last_sequence, updated_at),
            numbered AS (
                SELECT tenant, conversation_id, last_sequence, updated_at,
                    row_number() OVER (ORDER BY tenant, conversation_id) AS number
                FROM c),
            m AS (
                INSERT INTO \(messages) (tenant, conversation_id, sequence, role, content, created_at)
                SELECT numbered.tenant, numbered.conversation_id, numbered.last_sequence - added.following,
                    added.role, added.content, numbered.updated_at
                FROM numbered
                JOIN unnest($4, $5, $6, $7) AS added (number, following, role, content) USING (number)
                RETURNING 1)
            SELECT number, last_sequence, updated_at, (SELECT count(*) FROM m) FROM numbered
            """)
        appendIfExists = PreparedSQL(
            "\(prefix)_append_if_exists", [.text, .text, .textArray, .textArray],
            """
            WITH c AS (
                UPDATE \(conversations)
                SET last_sequence = last_sequence + cardinality($3), updated_at = greatest(now(), updated_at)
                WHERE \(thisConversation)
                RETURNING tenant, conversation_id, last_sequence, updated_at)
            \(insertMessages)
            """)

        // Beside the messages that are added: those that have the given keys already, whereupon none is added; those
        // without a key that stand where an append that is made again put them; and the version of the conversation.
        // All of it, but for what the lock waits for, is as the statement's one snapshot shows it. Each key is looked up
        // by itself: given as one array, a server that takes conversations for short reads all of its messages.
        func lookingFirst(_ name: String, _ parameters: [ParameterType] = [], touching: String) -> PreparedSQL {
            PreparedSQL(
                "\(prefix)_\(name)", [.text, .text, .textArray, .textArray, .textArray] + parameters,
                """
                WITH found AS (
                    SELECT \(messageColumns) FROM unnest($5) AS given (key) CROSS JOIN LATERAL (
                        SELECT \(messageColumns) FROM \(messages)
                        WHERE \(thisTenant) AND \(id) = $2 AND message_key = given.key
                        LIMIT 1) AS stored),
                place AS (
                    SELECT sequence - array_position($5, message_key) AS before FROM found LIMIT 1),
                others AS (
                    SELECT \(messageColumns) FROM \(messages)
                    WHERE \(thisConversation) AND message_key IS NULL AND sequence > (SELECT before FROM place)
                        AND sequence <= (SELECT before FROM place) + cardinality($3)),
                c AS (
                    \(touching)
                    RETURNING tenant, conversation_id, last_sequence, updated_at),
                added AS (
                    INSERT INTO \(messages)
                        (tenant, conversation_id, sequence, role, content, created_at, message_key)
                    SELECT c.tenant, c.conversation_id, c.last_sequence - cardinality($3) + given.number,
                        given.role, given.content, c.updated_at, given.message_key
                    FROM c, unnest($3, $4, $5) WITH ORDINALITY AS given (role, content, message_key, number)
                    RETURNING sequence, created_at)
                SELECT sequence, role, content, created_at, message_key, 'found' FROM found
                UNION ALL SELECT sequence, role, content, created_at, message_key, 'found' FROM others
                UNION ALL SELECT sequence, NULL, NULL, created_at, NULL, 'added' FROM added
                UNION ALL SELECT last_sequence, NULL, NULL, created_at, NULL, 'version' FROM \(conversations)
                    WHERE \(thisConversation)
                """)
        }
        let update = """
            UPDATE \(conversations)
            SET last_sequence = last_sequence + cardinality($3), updated_at = greatest(now(), updated_at)
            WHERE \(thisConversation) AND NOT EXISTS (SELECT FROM found)
            """
        keyedAppend = lookingFirst(
            "keyed_append",
            touching: """
                INSERT INTO \(conversations) AS v (tenant, conversation_id, created_at, updated_at, last_sequence)
                SELECT $1, $2, now(), now(), cardinality($3) WHERE NOT EXISTS (SELECT FROM found)
                ON CONFLICT (tenant, conversation_id) DO UPDATE
                SET last_sequence = v.last_sequence + excluded.last_sequence,
                    updated_at = greatest(excluded.updated_at, v.updated_at)
                """)
        keyedAppendIfExists = lookingFirst("keyed_append_if_exists", touching: update)
        // After waiting for the row's lock, PostgreSQL rechecks the condition on the new row.
        appendIfUnchanged = lookingFirst(
            "append_if_unchanged", [.timestamptz, .bigint],
            touching: "\(update) AND created_at = $6 AND last_sequence = $7")

        lastMessages = PreparedSQL(
            "\(prefix)_last_messages", [.text, .text, .bigint],
            """
            SELECT \(messageColumns) FROM \(messages) WHERE \(thisConversation)
            ORDER BY sequence DESC LIMIT $3
            """)
        messagesBefore = PreparedSQL(
            "\(prefix)_messages_before", [.text, .text, .bigint, .bigint],
            """
            SELECT \(messageColumns) FROM \(messages) WHERE \(thisConversation) AND sequence < $4
            ORDER BY sequence DESC LIMIT $3
            """)
        messagesAfter = PreparedSQL(
            "\(prefix)_messages_after", [.text, .text, .bigint, .bigint],
            """
            SELECT \(messageColumns) FROM \(messages) WHERE \(thisConversation) AND sequence > $4
            ORDER BY sequence LIMIT $3
            """)

        // Two statements, because the second needs a snapshot that is taken once the row is locked.
        markCleared = PreparedSQL(
            "\(prefix)_mark_cleared", [.text, .text],
            """
            UPDATE \(conversations) SET cleared_through = last_sequence, updated_at = greatest(now(), updated_at)
            WHERE \(thisConversation)
            """)
        // If the first found no conversation, another session can create one before the second. It has 0 there, or the
        // sequence up to which its own clear has already removed messages.
        deleteCleared = PreparedSQL(
            "\(prefix)_delete_cleared", [.text, .text],
            """
            DELETE FROM \(messages) WHERE \(thisConversation)
                AND sequence <= (SELECT cleared_through FROM \(conversations) WHERE \(thisConversation))
            """)

        restoreConversation = PreparedSQL(
            "\(prefix)_restore", [.text, .text, .text, .timestamptz, .timestamptz, .bigint],
            """
            INSERT INTO \(conversations) (tenant, conversation_id, title, created_at, updated_at, last_sequence)
            VALUES ($1, $2, $3, $4, $5, $6)
            """)
        restoreMessages = PreparedSQL(
            "\(prefix)_restore_messages",
            [.text, .text, .bigintArray, .textArray, .textArray, .timestamptzArray, .textArray],
            """
            INSERT INTO \(messages) (tenant, conversation_id, sequence, role, content, created_at, message_key)
            SELECT $1, $2, added.sequence, added.role, added.content, added.created_at, added.message_key
            FROM unnest($3, $4, $5, $6, $7) AS added (sequence, role, content, created_at, message_key)
            """)
    }

    /// Counts the tenants but one, over the whole store; too rare to be prepared.
    var otherTenants: PreparedSQL {
        PreparedSQL(text: "SELECT count(DISTINCT nullif(tenant, $1)) FROM \(conversations)", [.text])
    }
}
