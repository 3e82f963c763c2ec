/// The table that lists conversations by their labels, each with its place in the list of conversations.
///
/// The labels are also in the conversations' own rows; this table repeats them from there. Every write to it holds the
/// lock of the conversation's row. The statement for appends to conversations without labels does not use this table,
/// since using it would cost 7% of the append. That statement leaves out a conversation with labels; another statement
/// then makes the append and lists the conversation at its new place.
struct LabelTable: Sendable {
    private let names: TableNames

    init(_ names: TableNames) {
        self.names = names
    }

    /// Lists the labels of the conversations `c` at their place; each label once, whatever another program has written.
    var listing: String {
        """
        INSERT INTO \(names.labels) AS listed (tenant, conversation_id, label, updated_at)
        SELECT c.tenant, c.conversation_id, given.label, c.updated_at FROM c, LATERAL (
            SELECT DISTINCT label FROM unnest(c.labels) AS stored (label) WHERE label IS NOT NULL) AS given
        ON CONFLICT (tenant, conversation_id, label) DO UPDATE SET updated_at = excluded.updated_at
        WHERE listed.updated_at <> excluded.updated_at
        """
    }

    /// Removes the rows of labels that a change has removed: all but the given ones, if the conversation has exactly
    /// those.
    ///
    /// It comes after the change, because it needs a snapshot that is taken once the row is locked. If the change wrote
    /// nothing, the row is not locked: then either the conversation has other labels, or the table lists exactly the
    /// given ones.
    var remove: PreparedSQL {
        names.statement(
            "remove_labels", [.text, .text, .textArray, .timestamptz],
            """
            DELETE FROM \(names.labels) WHERE \(TableNames.thisConversation) AND NOT label = ANY ($3) AND EXISTS (
                SELECT FROM \(names.conversations)
                WHERE \(TableNames.thisConversation) AND created_at = $4 AND coalesce(labels, '{}') = $3)
            """)
    }
}
