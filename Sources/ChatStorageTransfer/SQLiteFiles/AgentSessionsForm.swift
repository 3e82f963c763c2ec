import ChatStorageCore
import ChatStorageJSON
import ChatStorageProviders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension SQLiteForm {
    /// The sessions of OpenAI's Agents SDK, with the branches of its `AdvancedSQLiteSession`.
    ///
    /// Each row is an item of the Responses API. The items of an answer that follow each other are one message, as
    /// ``OpenAIResponses`` reads them, and so are results.
    static let agentSessions = SQLiteForm(
        name: "a store of OpenAI's Agents SDK",
        tables: ["agent_sessions": ["session_id"], "agent_messages": ["session_id", "message_data"]],
        begin: { database in
            let hasBranches = try database.tables()["message_structure"]?.contains("branch_id") ?? false
            return try RowsByKey(
                database,
                index: """
                    CREATE TEMP TABLE found AS SELECT session_id AS key, rowid AS place FROM main.agent_messages;
                    CREATE INDEX temp.found_key ON found (key, place)
                    """,
                count: "SELECT count(*) AS n FROM main.agent_sessions",
                conversations: "SELECT * FROM main.agent_sessions ORDER BY rowid",
                key: "session_id",
                messages: """
                    SELECT m.* FROM temp.found AS f CROSS JOIN main.agent_messages AS m ON m.rowid = f.place
                    WHERE f.key = ?1 ORDER BY f.place
                    """,
                paths: ("agent_sessions[]", "agent_messages[]")
            ) { row, next in
                var session = AgentSession(
                    branches: hasBranches ? try branches(of: row.value("session_id"), in: database) : nil)
                return try session.conversation(row, next)
            }
        })

    /// The numbers of a session's items, branch by branch, `main` first.
    private static func branches(of session: ForeignValue, in database: ForeignDatabase) throws -> [[Int64]] {
        let rows = try database.rows(
            """
            SELECT branch_id, message_id FROM main.message_structure WHERE session_id = ?1
            ORDER BY branch_id <> 'main', branch_id, sequence_number
            """, [session])
        var branches: [[Int64]] = []
        var name: String?
        while let row = try rows.next() {
            guard case .text(let branch)? = row["branch_id"], case .integer(let item)? = row["message_id"] else {
                throw InvalidConversation(reason: "message_structure[] has a branch without a name or a message")
            }
            if branch != name { branches.append([]) }
            name = branch
            branches[branches.count - 1].append(item)
        }
        return branches
    }
}

/// A session that is being read.
private struct AgentSession {
    private enum Speaker {
        case one, assistant, result
    }

    /// Items that follow each other and are one message.
    private struct Run {
        var speaker: Speaker
        var texts: [String]
        let first: Int64
        var last: Int64
        let time: Timestamp?
    }

    private let head: Int64?
    private let parents: [Int64: Int64]?
    private var run: Run?
    private var conversation = ForeignConversation()
    /// The last item of each run, whose number is its node's id; only such an item can be the head.
    private var ends: Set<Int64> = []

    init(branches: [[Int64]]?) {
        var parents: [Int64: Int64] = [:]
        for branch in branches ?? [] {
            for (before, item) in zip(branch, branch.dropFirst()) where parents[item] == nil { parents[item] = before }
        }
        self.parents = branches == nil ? nil : parents
        head = branches?.first?.last
    }

    mutating func conversation(_ row: SQLiteRow, _ next: () throws -> SQLiteRow?) throws -> ForeignConversation {
        var row = row
        conversation.id = ConversationID(try row.requiredText("session_id"))
        conversation.createdAt = try row.time("created_at")
        conversation.updatedAt = try row.time("updated_at")
        let rest = row.rest()
        conversation.metadata = rest.metadata
        conversation.leftOut = rest.leftOut
        var before: Int64?
        while let row = try next() {
            try add(row, after: before)
            if case .integer(let id) = row.value("id") { before = id }
        }
        try endRun()
        // A run's node has the number of its last item.
        if let head, ends.contains(head) { conversation.head = String(head) }
        return conversation
    }

    private mutating func add(_ row: SQLiteRow, after before: Int64?) throws {
        var row = row
        guard case .integer(let id) = row.value("id") else {
            throw InvalidConversation(reason: "agent_messages[] has a row without a number")
        }
        let text = try row.requiredText("message_data")
        guard let item = try? JSONSlice(validating: Array(text.utf8)[...]), item.kind == .object else {
            throw InvalidConversation(reason: "agent_messages[].message_data is not a JSON object")
        }
        let speaker = Self.speaker(of: item)
        let follows = parents.map { $0[id] } ?? before
        if var run, run.speaker == speaker, speaker != .one, run.last == follows {
            run.texts.append(text)
            run.last = id
            self.run = run
            return
        }
        try endRun()
        run = Run(speaker: speaker, texts: [text], first: id, last: id, time: try row.time("created_at"))
    }

    private mutating func endRun() throws {
        guard let run else { return }
        self.run = nil
        let messages: [ChatMessage]
        do {
            messages = try OpenAIResponses.messages(from: Data("[\(run.texts.joined(separator: ","))]".utf8))
        } catch {
            throw InvalidConversation(reason: "agent_messages[] has an item that the Responses API does not have")
        }
        let parent: ForeignConversation.Parent =
            parents.map { $0[run.first].map { .node(String($0)) } ?? .none } ?? .before
        conversation.nodes.append(
            ForeignConversation.Node(id: String(run.last), parent: parent, bodies: messages, createdAt: run.time))
        ends.insert(run.last)
    }

    private static func speaker(of item: JSONSlice) -> Speaker {
        let members = item.memberList
        let (type, role) = (
            members.first { $0.key == "type" }?.value.string, members.first { $0.key == "role" }?.value.string
        )
        if let role { return role == "assistant" ? .assistant : .one }
        return type?.hasSuffix("_output") == true ? .result : .assistant
    }
}
