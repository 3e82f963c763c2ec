import ChatStorageCore

extension SQLiteForm {
    /// Tables `conversations` and `chat_messages`, as programs with SQLAlchemy make them.
    ///
    /// SQLAlchemy writes times as texts with microseconds and without a zone, by convention in UTC
    /// (<https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#sqlalchemy.dialects.sqlite.DATETIME>). Messages are in
    /// the order in which they were inserted. They name their conversation by its `conversation_id` or, if it has none,
    /// by its `id`.
    static let chatMessages = SQLiteForm(
        name: "a store of chats in the tables conversations and chat_messages",
        tables: [
            "conversations": [], "chat_messages": ["conversation_id", "role", "content"],
        ],
        begin: { database in
            let tables = try database.tables()
            let hasOwnID = tables["conversations"]?.contains("conversation_id") ?? false
            let isByNumber = try hasOwnID && refersToNumber(database)
            return try RowsByKey(
                database,
                index: """
                    CREATE TEMP TABLE found AS SELECT conversation_id AS key, rowid AS place FROM main.chat_messages;
                    CREATE INDEX temp.found_key ON found (key, place)
                    """,
                count: "SELECT count(*) AS n FROM main.conversations",
                conversations: "SELECT * FROM main.conversations ORDER BY rowid",
                key: hasOwnID && !isByNumber ? "conversation_id" : "id",
                messages: """
                    SELECT m.* FROM temp.found AS f CROSS JOIN main.chat_messages AS m ON m.rowid = f.place
                    WHERE f.key = ?1 ORDER BY f.place
                    """,
                paths: ("conversations[]", "chat_messages[]")
            ) { row, next in
                try conversation(row, idColumn: hasOwnID ? "conversation_id" : "id", next)
            }
        })

    /// Whether a foreign key shows that messages name their conversation by its number.
    private static func refersToNumber(_ database: ForeignDatabase) throws -> Bool {
        let keys = try database.rows(
            """
            SELECT lower("to") AS column FROM pragma_foreign_key_list('chat_messages')
            WHERE lower("table") = 'conversations' AND lower("from") = 'conversation_id'
            """)
        guard case .text(let column)? = try keys.next()?["column"] else { return false }
        return column == "id"
    }

    private static func conversation(
        _ row: SQLiteRow, idColumn: String, _ next: () throws -> SQLiteRow?
    ) throws -> ForeignConversation {
        var (row, conversation) = (row, ForeignConversation())
        conversation.id = ConversationID(try row.requiredText(idColumn))
        if case .integer = row.value("id") { row.skip("id") }
        conversation.title = try row.text("title")
        conversation.createdAt = try row.time("created_at")
        conversation.updatedAt = try row.time("updated_at")
        let rest = row.rest(json: ["metadata", "meta"])
        conversation.metadata = rest.metadata
        conversation.leftOut = rest.leftOut
        while var row = try next() {
            row.skip("conversation_id")
            if case .integer = row.value("id") { row.skip("id") }
            let role = Role(rawValue: try row.requiredText("role"))
            let content = try row.requiredText("content")
            let time = try row.time("created_at") ?? row.time("timestamp")
            let rest = row.rest(json: ["metadata", "meta"])
            conversation.leftOut.formUnion(rest.leftOut)
            conversation.nodes.append(
                ForeignConversation.Node(
                    bodies: [ChatMessage(role: role, parts: [.text(content)], metadata: rest.metadata)],
                    createdAt: time))
        }
        return conversation
    }
}
