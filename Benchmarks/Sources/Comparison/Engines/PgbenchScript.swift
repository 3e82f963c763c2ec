import ChatStorageCore

/// A script for pgbench, which makes the library's call on a conversation at random.
///
/// The statements do the work of the library's own, in `Sources/ChatStoragePostgres/Tables`, but know nothing of
/// branches and answers under way: they check no head, read no row of the conversation, and read no parent, state,
/// revision or time of revision. Casts stand where the library names a parameter's type apart from the text.
struct PgbenchScript {
    let text: String
    /// Values of variables that no script can compute.
    var variables: [String: String] = [:]

    /// The tenant of all calls on PostgreSQL; pgbench takes no empty text for a variable.
    static let tenant = "tenant"

    private static let random =
        "\\set id random(\(Load.firstNumber), \(Load.firstNumber + Load.conversations - 1))\n"

    /// One message appended by one caller.
    static func append(schema: String) -> PgbenchScript {
        PgbenchScript(
            text: random
                + """
                WITH c AS (
                    INSERT INTO "\(schema)".conversations AS v
                        (tenant, conversation_id, created_at, updated_at, last_sequence, message_count)
                    VALUES (:tenant, :id, now(), now(), cardinality(:roles::text[]), cardinality(:roles::text[]))
                    ON CONFLICT (tenant, conversation_id) DO UPDATE
                    SET last_sequence = v.last_sequence + excluded.last_sequence,
                        message_count = v.message_count + excluded.message_count,
                        updated_at = greatest(excluded.updated_at, v.updated_at)
                    WHERE v.labels IS NULL
                    RETURNING tenant, conversation_id, created_at, updated_at, last_sequence, cleared_through)
                INSERT INTO "\(schema)".chat_messages (tenant, conversation_id, sequence, created_at, role, content)
                SELECT c.tenant, c.conversation_id, c.last_sequence - cardinality(:roles::text[]) + added.number,
                    c.updated_at, added.role, added.content
                FROM c, unnest(:roles::text[], :contents::text[]) WITH ORDINALITY AS added (role, content, number)
                RETURNING sequence, created_at, (SELECT created_at FROM c), (SELECT cleared_through FROM c);

                """,
            variables: ["tenant": tenant, "roles": "{user}", "contents": "{\"\(Load.content(0))\"}"])
    }

    /// The last 20 messages of a conversation.
    static func lastMessages(schema: String) -> PgbenchScript {
        PgbenchScript(
            text: random + lastMessagesText(schema: schema, tenant: ":tenant", id: ":id", limit: ":limit") + ";\n",
            variables: ["tenant": tenant, "limit": "20"])
    }

    /// The statement itself, with variables or literals in the parameters' places.
    static func lastMessagesText(schema: String, tenant: String, id: String, limit: String) -> String {
        """
        SELECT sequence, role, content, created_at, message_key, parts, metadata FROM "\(schema)".chat_messages
        WHERE tenant = \(tenant) AND conversation_id = \(id)
        ORDER BY sequence DESC LIMIT \(limit)
        """
    }
}
