import TestSupport

/// What the rows of messages and conversations say of branches and labels, looked at past the library.
enum TreeRows {
    /// What contradicts what the schema says of parents, heads, counts, labels and states; nothing in a sound store.
    static func contradictions(in path: String) throws -> [[String?]] {
        try TestSQLiteConnection(path: path).execute(
            """
            SELECT 'count', c.conversation_id, NULL FROM conversations AS c
            WHERE last_sequence - coalesce(removed_count, 0) <> (
                SELECT count(*) FROM chat_messages AS m WHERE m.conversation = c.conversation)
            UNION ALL SELECT 'head', c.conversation_id, head FROM conversations AS c WHERE head = coalesce(
                    (SELECT max(sequence) FROM chat_messages AS m WHERE m.conversation = c.conversation), 0)
                OR head <> 0 AND NOT EXISTS (
                    SELECT 1 FROM chat_messages AS m WHERE m.conversation = c.conversation AND m.sequence = c.head)
            UNION ALL SELECT 'branched', c.conversation_id, head FROM conversations AS c
            WHERE coalesce(details, 0) <> (head IS NOT NULL OR EXISTS (
                SELECT 1 FROM chat_messages AS m WHERE m.conversation = c.conversation AND parent IS NOT NULL))
            UNION ALL SELECT 'details', c.conversation_id, details FROM conversations AS c
            WHERE (coalesce(details, 0) <> 0 OR coalesce(
                removed_count, head, cleared_through, read_through, labels, metadata) IS NOT NULL)
                <> (details IS NOT NULL)
            UNION ALL SELECT 'label', c.conversation_id, c.updated_at_us FROM conversations AS c
            WHERE (SELECT count(*) FROM json_each(coalesce(c.labels, '[]'))) <> (
                SELECT count(*) FROM conversation_labels AS l
                WHERE l.conversation = c.conversation AND l.updated_at_us = c.updated_at_us)
            UNION ALL SELECT 'parent', m.sequence, parent FROM chat_messages AS m
            WHERE parent < 0 OR parent >= sequence OR parent = coalesce((
                    SELECT max(b.sequence) FROM chat_messages AS b
                    WHERE b.conversation = m.conversation AND b.sequence < m.sequence), 0)
                OR parent <> 0 AND NOT EXISTS (
                    SELECT 1 FROM chat_messages AS p
                    WHERE p.conversation = m.conversation AND p.sequence = m.parent)
            UNION ALL SELECT 'writing', m.sequence, state FROM chat_messages AS m
            WHERE revision < 0 OR coalesce(revision, 0) = 0 AND (
                state IS NOT NULL OR revised_at_us IS NOT NULL
                OR (revision IS NULL) = (coalesce(parts, metadata) IS NOT NULL))
            """)
    }
}
