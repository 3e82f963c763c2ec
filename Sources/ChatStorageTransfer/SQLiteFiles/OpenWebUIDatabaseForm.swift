import ChatStorageCore
import ChatStorageJSON

extension SQLiteForm {
    /// Open WebUI's own database, whose table of chats has the same content as its exports.
    static let openWebUI = SQLiteForm(
        name: "an Open WebUI database", tables: ["chat": ["id", "user_id", "title", "chat"]],
        begin: { database in
            try RowsByKey(
                database, index: "", count: "SELECT count(*) AS n FROM main.chat",
                conversations: "SELECT * FROM main.chat ORDER BY rowid", key: "id", messages: "SELECT ?1 WHERE 0",
                paths: ("chat[]", "chat[]")
            ) { row, _ in
                guard let conversation = try ChatForm.openWebUI.read(object(row)).first else {
                    throw InvalidConversation(reason: "chat[] has no chat")
                }
                return conversation
            }
        })

    /// The row as an export has it.
    private static func object(_ row: SQLiteRow) throws -> JSONSlice {
        var row = row
        var members: [String] = []
        func add(_ name: String, _ json: String) { members.append("\(JSONValue.string(name).text):\(json)") }
        for name in ["archived", "pinned"] {
            guard case .integer(let number) = row.value(name) else { continue }
            row.skip(name)
            add(name, number == 0 ? "false" : "true")
        }
        guard let chat = row.json("chat") else { throw InvalidConversation(reason: "chat[].chat is not valid JSON") }
        row.skip("chat")
        add("chat", chat.text)
        if let meta = row.json("meta") {
            row.skip("meta")
            add("meta", meta.text)
        }
        for (name, value) in row.left {
            switch value {
            case .text(let text): add(name, JSONValue.string(text).text)
            case .integer(let number): add(name, "\(number)")
            case .real(let number) where number.isFinite: add(name, "\(number)")
            case .null: break
            case .real, .damagedText, .blob:
                throw InvalidConversation(reason: "chat[].\(name.shortened) is neither a text nor a number")
            }
        }
        do {
            return try JSONSlice(validating: Array("{\(members.joined(separator: ","))}".utf8)[...])
        } catch {
            throw InvalidConversation(reason: "chat[] has a value that JSON cannot hold")
        }
    }
}
