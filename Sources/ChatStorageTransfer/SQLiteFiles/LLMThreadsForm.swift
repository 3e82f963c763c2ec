import ChatStorageCore
import ChatStorageJSON

extension SQLiteForm {
    /// The log of the command-line tool `llm` since 0.28: threads over one tree of messages, with their parts.
    static let llmThreads = SQLiteForm(
        name: "a log of llm's threads",
        tables: [
            "threads": ["id", "tip_message_hash"], "turns": ["thread_id", "tip_message_hash", "parent_message_hash"],
            "messages": ["hash", "parent_hash", "role"], "parts": ["message_hash", "position", "type"],
            "fragments": ["id", "content"], "attachments": ["id", "type"],
        ],
        begin: { database in
            // A log that has not been migrated has chats in the older tables only.
            guard try database.rows("SELECT 1 FROM main.threads LIMIT 1").next() != nil else { return nil }
            return try RowsByKey(
                database, index: "", count: "SELECT count(*) AS n FROM main.threads",
                conversations: "SELECT * FROM main.threads ORDER BY rowid", key: "id",
                messages: """
                    WITH RECURSIVE path (hash) AS (
                        SELECT tip_message_hash FROM main.threads WHERE id = ?1
                        UNION SELECT tip_message_hash FROM main.turns WHERE thread_id = ?1
                        UNION SELECT m.parent_hash FROM path AS p JOIN main.messages AS m ON m.hash = p.hash
                    )
                    SELECT m.* FROM path AS p JOIN main.messages AS m ON m.hash = p.hash ORDER BY m.rowid
                    """,
                paths: ("threads[]", "messages[]")
            ) { row, next in
                var thread = LLMThread(database)
                return try thread.conversation(row, next)
            }
        })
}

/// A thread that is being read.
private struct LLMThread {
    private static let format = "llm.logs"

    private let database: ForeignDatabase
    private var conversation = ForeignConversation()
    private var times: [String: Timestamp] = [:]
    private var answers: [String: Metadata] = [:]

    init(_ database: ForeignDatabase) {
        self.database = database
    }

    mutating func conversation(_ row: SQLiteRow, _ next: () throws -> SQLiteRow?) throws -> ForeignConversation {
        var row = row
        try readTurns(of: row.value("id"))
        conversation.id = ConversationID(try row.requiredText("id"))
        conversation.title = try row.text("name")
        conversation.createdAt = try row.time("datetime_utc")
        conversation.head = try row.text("tip_message_hash")
        let rest = row.rest()
        conversation.metadata = rest.metadata
        conversation.leftOut.formUnion(rest.leftOut)
        while var row = try next() {
            let hash = try row.requiredText("hash")
            var message = ChatMessage(
                role: Role(rawValue: try row.requiredText("role")), parts: try parts(of: hash),
                metadata: answers[hash] ?? Metadata())
            let parent = try row.text("parent_hash")
            let rest = row.rest(json: ["provider_metadata"])
            conversation.leftOut.formUnion(rest.leftOut)
            for member in rest.metadata.object.members { message.metadata[member.name] = member.value }
            conversation.nodes.append(
                ForeignConversation.Node(
                    id: hash, parent: parent.map { .node($0) } ?? .none, bodies: [message], createdAt: times[hash]))
        }
        return conversation
    }

    /// Reads when the prompts were sent, and which models answered.
    private mutating func readTurns(of thread: ForeignValue) throws {
        let rows = try database.rows("SELECT * FROM main.turns WHERE thread_id = ?1 ORDER BY datetime_utc", [thread])
        while let values = try rows.next() {
            var row = SQLiteRow(values, at: "turns[]")
            let time = try row.time("datetime_utc")
            let (asked, answered) = (try row.text("parent_message_hash"), try row.text("tip_message_hash"))
            for hash in [asked, answered].compactMap(\.self) where times[hash] == nil { times[hash] = time }
            row.skip("thread_id")
            let (model, resolved) = (try row.text("model"), try row.text("resolved_model"))
            let rest = row.rest(json: ["options_json", "response_json", "token_details"])
            conversation.leftOut.formUnion(rest.leftOut)
            guard let answered else { continue }
            answers[answered] = rest.metadata
            if let model = resolved ?? model { answers[answered]?[.model] = model }
        }
    }

    private mutating func parts(of message: String) throws -> [MessagePart] {
        let rows = try database.rows(
            "SELECT * FROM main.parts WHERE message_hash = ?1 ORDER BY position", [.text(message)])
        var parts: [MessagePart] = []
        while let values = try rows.next() { parts.append(try part(SQLiteRow(values, at: "parts[]"))) }
        return parts
    }

    private mutating func part(_ row: SQLiteRow) throws -> MessagePart {
        var row = row
        let payload = row.json("payload")
        func member(_ name: String) -> JSONSlice? { payload?.firstMember(name) }
        func text(_ name: String) -> String? { member(name)?.string }
        let kind = try row.requiredText("type")
        let own = try row.text("text")
        switch kind {
        case "text":
            return .text(try own ?? member("text_ref").map(referred) ?? "")
        case "reasoning":
            return keeping(.reasoning(own ?? ""), payload)
        case "tool_call":
            let name = try row.text("tool_name") ?? text("name")
            let part = MessagePart(
                .toolCall, name: name, callID: text("tool_call_id"),
                input: text("arguments") ?? member("arguments")?.text)
            return keeping(part, payload, unless: ["name", "arguments", "tool_call_id"])
        case "tool_result":
            let name = try row.text("tool_name") ?? text("name")
            let part = MessagePart(
                .toolResult, name: name, callID: text("tool_call_id"), output: text("output") ?? member("output")?.text)
            return keeping(part, payload, unless: ["name", "output", "tool_call_id"])
        case "attachment":
            let id = member("attachment")?.firstMember("id")?.string
            if let id, let part = try file(id) { return part }
            return keeping(MessagePart(.file), payload)
        default:
            return keeping(MessagePart(.data, text: own, name: kind), payload)
        }
    }

    /// The text that a part refers to: fragments, and the text between them.
    private func referred(_ pieces: JSONSlice) throws -> String {
        var text = ""
        for piece in pieces.elementList {
            for (name, value) in piece.memberList {
                if name == "literal", let literal = value.string { text += literal }
                guard name == "fragment", let id = value.integer else { continue }
                let rows = try database.rows("SELECT content FROM main.fragments WHERE id = ?1", [.integer(id)])
                guard let found = try rows.next() else {
                    throw InvalidConversation(reason: "parts[] refers to a fragment that is not there")
                }
                var row = SQLiteRow(found, at: "fragments[]")
                text += try row.requiredText("content")
            }
        }
        return text
    }

    private mutating func file(_ id: String) throws -> MessagePart? {
        let rows = try database.rows(
            "SELECT id, type, path, url, length(content) AS size FROM main.attachments WHERE id = ?1", [.text(id)])
        guard let found = try rows.next() else { return nil }
        var row = SQLiteRow(found, at: "attachments[]")
        var size: Int64?
        if case .integer(let bytes) = row.value("size") { size = bytes }
        if size != nil { conversation.leftOut.insert("attachments[].content") }
        return .file(
            MessageFile(
                mediaType: try row.text("type"), name: try row.text("path"), size: size, url: try row.text("url"),
                id: id))
    }

    /// The part with its payload as native JSON, unless the part already has all of the payload's members.
    private func keeping(_ part: MessagePart, _ payload: JSONSlice?, unless names: Set<String> = []) -> MessagePart {
        guard let payload, !names.isSuperset(of: payload.memberList.filter { !$0.value.isEmpty }.map(\.key)) else {
            return part
        }
        return part.with(native: payload, format: Self.format)
    }
}
