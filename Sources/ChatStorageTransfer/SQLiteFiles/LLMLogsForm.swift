import ChatStorageCore

extension SQLiteForm {
    /// The log of the command-line tool `llm`, up to 0.27: `conversations` and `responses`, and the tables of
    /// fragments, attachments and tools as far as the version has them.
    static let llmLogs = SQLiteForm(
        name: "a log of llm",
        tables: [
            "conversations": ["id", "name", "model"],
            "responses": ["id", "prompt", "system", "response", "conversation_id", "datetime_utc"],
        ],
        begin: { database in
            let tables = try database.tables()
            // Later versions keep these tables, empty, beside new ones.
            if tables["threads"] != nil, try database.rows("SELECT 1 FROM main.responses LIMIT 1").next() == nil {
                return nil
            }
            let details = try LLMDetails(database, tables)
            return try RowsByKey(
                database,
                index: """
                    CREATE TEMP TABLE found AS SELECT conversation_id AS key, rowid AS place FROM main.responses;
                    CREATE INDEX temp.found_key ON found (key, place)
                    """,
                count: "SELECT count(*) AS n FROM main.conversations",
                conversations: "SELECT * FROM main.conversations ORDER BY rowid",
                key: "id",
                messages: """
                    SELECT m.* FROM temp.found AS f CROSS JOIN main.responses AS m ON m.rowid = f.place
                    WHERE f.key = ?1 ORDER BY m.datetime_utc, f.place
                    """,
                paths: ("conversations[]", "responses[]")
            ) { try conversation($0, details, $1) }
        })

    private static func conversation(
        _ row: SQLiteRow, _ details: LLMDetails, _ next: () throws -> SQLiteRow?
    ) throws -> ForeignConversation {
        var (row, conversation) = (row, ForeignConversation())
        conversation.id = ConversationID(try row.requiredText("id"))
        conversation.title = try row.text("name")
        let rest = row.rest()
        (conversation.metadata, conversation.leftOut) = rest
        var system: String?
        while let row = try next() {
            let turn = try LLMTurn(row, details)
            conversation.leftOut.formUnion(turn.leftOut)
            // It is repeated with each prompt.
            var bodies = turn.system.map { $0 == system ? [] : [ChatMessage(role: .system, parts: [.text($0)])] } ?? []
            system = turn.system ?? system
            bodies += turn.messages
            conversation.nodes.append(ForeignConversation.Node(bodies: bodies, createdAt: turn.time))
        }
        return conversation
    }
}

/// A prompt and its response.
private struct LLMTurn {
    let system: String?
    let time: Timestamp?
    private(set) var messages: [ChatMessage] = []
    private(set) var leftOut: Set<String> = []

    init(_ row: SQLiteRow, _ details: LLMDetails) throws {
        var row = row
        let id = row.value("id")
        row.skip("conversation_id")
        time = try row.time("datetime_utc")
        let systemTexts =
            try details.fragments(of: id, ofSystem: true) + [row.text("system") ?? ""].filter { !$0.isEmpty }
        system = systemTexts.isEmpty ? nil : systemTexts.joined(separator: "\n")

        let results = try details.results(of: id, leavingOut: &leftOut)
        messages = results.isEmpty ? [] : [ChatMessage(role: .tool, parts: results)]
        let prompt = try row.text("prompt") ?? ""
        var asked = try details.fragments(of: id, ofSystem: false).map(MessagePart.text)
        let files = try details.files(of: id, leavingOut: &leftOut)
        if !prompt.isEmpty || asked.isEmpty && files.isEmpty && results.isEmpty { asked.append(.text(prompt)) }
        asked += files
        if !asked.isEmpty { messages.append(ChatMessage(role: .user, parts: asked)) }

        var said: [MessagePart] = []
        if let reasoning = try row.text("reasoning"), !reasoning.isEmpty { said.append(.reasoning(reasoning)) }
        let calls = try details.calls(of: id)
        let response = try row.text("response") ?? ""
        if !response.isEmpty || calls.isEmpty { said.append(.text(response)) }
        said += calls
        let model = try row.text("model")
        let resolved = try row.text("resolved_model")
        let rest = row.rest(json: ["options_json", "prompt_json", "response_json", "token_details"])
        var answer = ChatMessage(role: .assistant, parts: said, metadata: rest.metadata)
        if let model = resolved ?? model { answer.metadata[.model] = model }
        leftOut.formUnion(rest.leftOut)
        messages.append(answer)
    }
}

/// The tables beside the responses, as far as the log's version has them.
private final class LLMDetails {
    private let database: ForeignDatabase
    private let tables: Set<String>

    init(_ database: ForeignDatabase, _ tables: [String: Set<String>]) throws {
        self.database = database
        self.tables = Set(tables.keys)
        if tables["tool_calls"] != nil, tables["tool_results"] != nil {
            try database.execute(
                """
                CREATE TEMP TABLE calls AS SELECT response_id AS key, rowid AS place FROM main.tool_calls;
                CREATE INDEX temp.calls_key ON calls (key, place);
                CREATE TEMP TABLE results AS SELECT response_id AS key, rowid AS place FROM main.tool_results;
                CREATE INDEX temp.results_key ON results (key, place)
                """)
        }
    }

    private var hasTools: Bool { tables.isSuperset(of: ["tool_calls", "tool_results"]) }

    func fragments(of response: ForeignValue, ofSystem: Bool) throws -> [String] {
        guard tables.isSuperset(of: ["fragments", "prompt_fragments", "system_fragments"]) else { return [] }
        let rows = try database.rows(
            ofSystem
                ? """
                SELECT f.content FROM main.system_fragments AS p JOIN main.fragments AS f ON f.id = p.fragment_id
                WHERE p.response_id = ?1 ORDER BY p."order"
                """
                : """
                SELECT f.content FROM main.prompt_fragments AS p JOIN main.fragments AS f ON f.id = p.fragment_id
                WHERE p.response_id = ?1 ORDER BY p."order"
                """, [response])
        return try all(rows, "fragments[]") { try $0.text("content") ?? "" }
    }

    func files(of response: ForeignValue, leavingOut leftOut: inout Set<String>) throws -> [MessagePart] {
        guard tables.isSuperset(of: ["attachments", "prompt_attachments"]) else { return [] }
        let rows = try database.rows(
            """
            SELECT a.id, a.type, a.path, a.url, length(a.content) AS size
            FROM main.prompt_attachments AS p JOIN main.attachments AS a ON a.id = p.attachment_id
            WHERE p.response_id = ?1 ORDER BY p."order"
            """, [response])
        return try all(rows, "attachments[]") { row in
            var size: Int64?
            if case .integer(let bytes) = row.value("size") { size = bytes }
            if size != nil { leftOut.insert("attachments[].content") }
            return .file(
                MessageFile(
                    mediaType: try row.text("type"), name: try row.text("path"), size: size, url: try row.text("url"),
                    id: try row.text("id")))
        }
    }

    func calls(of response: ForeignValue) throws -> [MessagePart] {
        guard hasTools else { return [] }
        let rows = try database.rows(
            """
            SELECT c.* FROM temp.calls AS f CROSS JOIN main.tool_calls AS c ON c.rowid = f.place
            WHERE f.key = ?1 ORDER BY f.place
            """, [response])
        return try all(rows, "tool_calls[]") { row in
            MessagePart(
                .toolCall, name: try row.text("name"), callID: try row.text("tool_call_id"),
                input: try row.text("arguments"))
        }
    }

    func results(of response: ForeignValue, leavingOut leftOut: inout Set<String>) throws -> [MessagePart] {
        guard hasTools else { return [] }
        let rows = try database.rows(
            """
            SELECT r.* FROM temp.results AS f CROSS JOIN main.tool_results AS r ON r.rowid = f.place
            WHERE f.key = ?1 ORDER BY f.place
            """, [response])
        return try all(rows, "tool_results[]") { row in
            if try row.text("exception")?.isEmpty == false { leftOut.insert("tool_results[].exception") }
            return MessagePart(
                .toolResult, name: try row.text("name"), callID: try row.text("tool_call_id"),
                output: try row.text("output"))
        }
    }

    private func all<Value>(
        _ rows: ForeignRows, _ path: String, _ read: (inout SQLiteRow) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        while let next = try rows.next() {
            var row = SQLiteRow(next, at: path)
            values.append(try read(&row))
        }
        return values
    }
}
