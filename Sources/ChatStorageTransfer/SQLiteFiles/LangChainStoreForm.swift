import ChatStorageCore
import ChatStorageJSON

extension SQLiteForm {
    /// The table of LangChain's `SQLChatMessageHistory`: a message's JSON in each row, and no times.
    static let langChainMessages = SQLiteForm(
        name: "a store of LangChain's messages", tables: ["message_store": ["session_id", "message"]],
        begin: { database in
            try RowsByKey(
                database,
                index: """
                    CREATE TEMP TABLE found AS SELECT session_id AS key, rowid AS place FROM main.message_store;
                    CREATE INDEX temp.found_key ON found (key, place)
                    """,
                count: "SELECT count(DISTINCT key) AS n FROM temp.found",
                conversations: "SELECT key AS session_id FROM temp.found GROUP BY key ORDER BY min(place)",
                key: "session_id",
                messages: """
                    SELECT m.* FROM temp.found AS f CROSS JOIN main.message_store AS m ON m.rowid = f.place
                    WHERE f.key IS ?1 ORDER BY f.place
                    """,
                paths: ("message_store[]", "message_store[]"), read: session)
        })

    private static func session(_ row: SQLiteRow, _ next: () throws -> SQLiteRow?) throws -> ForeignConversation {
        var row = row
        let id = try row.text("session_id").map(ConversationID.init(_:))
        var (messages, leftOut): ([String], Set<String>) = ([], [])
        while var row = try next() {
            for name in ["id", "session_id"] { row.skip(name) }
            messages.append(try row.requiredText("message"))
            let rest = row.rest()
            leftOut.formUnion(rest.leftOut.union(rest.metadata.object.members.map { "message_store[].\($0.name)" }))
        }
        guard let array = try? JSONSlice(validating: Array("[\(messages.joined(separator: ","))]".utf8)[...]) else {
            throw InvalidConversation(reason: "message_store[].message is not valid JSON")
        }
        guard var conversation = try ChatForm.langChain.read(array).first else {
            throw InvalidConversation(reason: "message_store[] has no messages")
        }
        conversation.id = id
        conversation.leftOut.formUnion(leftOut)
        return conversation
    }
}
