import ChatStorageCore

extension SQLiteForm {
    /// The database of ChatGPT Export Studio: `conversations`, and `messages`, each with the index of its turn.
    static let exportStudio = SQLiteForm(
        name: "a database of ChatGPT Export Studio",
        tables: [
            "conversations": ["id", "title", "source_hash"],
            "messages": ["conversation_id", "content_text", "turn_index"],
        ],
        begin: { database in
            try RowsByKey(
                database,
                index: """
                    CREATE TEMP TABLE found AS
                    SELECT conversation_id AS key, turn_index, rowid AS place FROM main.messages;
                    CREATE INDEX temp.found_key ON found (key, turn_index, place)
                    """,
                count: "SELECT count(*) AS n FROM main.conversations",
                conversations: "SELECT * FROM main.conversations ORDER BY rowid",
                key: "id",
                messages: """
                    SELECT m.* FROM temp.found AS f CROSS JOIN main.messages AS m ON m.rowid = f.place
                    WHERE f.key = ?1 ORDER BY f.turn_index, f.place
                    """,
                paths: ("conversations[]", "messages[]"), read: conversation)
        })

    private static func conversation(_ row: SQLiteRow, _ next: () throws -> SQLiteRow?) throws -> ForeignConversation {
        var (row, conversation) = (row, ForeignConversation())
        conversation.id = ConversationID(try row.requiredText("id"))
        conversation.title = try row.text("title")
        conversation.createdAt = try row.time("created_at")
        conversation.updatedAt = try row.time("updated_at")
        row.skip("message_count")
        let rest = row.rest()
        conversation.metadata = rest.metadata
        conversation.leftOut = rest.leftOut
        while var row = try next() {
            row.skip("conversation_id")
            row.skip("turn_index")
            let role = Role(rawValue: try row.requiredText("role"))
            let content = try row.requiredText("content_text")
            let time = try row.time("created_at")
            let rest = row.rest()
            conversation.leftOut.formUnion(rest.leftOut)
            conversation.nodes.append(
                ForeignConversation.Node(
                    bodies: [ChatMessage(role: role, parts: [.text(content)], metadata: rest.metadata)],
                    createdAt: time))
        }
        return conversation
    }
}
