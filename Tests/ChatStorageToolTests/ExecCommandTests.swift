import Foundation
import TestSupport
import Testing

@Suite("The exec command")
struct ExecCommandTests {
    @Test("requests are answered line by line, and errors end nothing")
    func session() async throws {
        let tool = try Tool()
        let input = """
            {"op": "save_message", "conversation_id": "c1", "role": "user", "content": "hi"}

            nonsense
            {"op": "get_history", "conversation_id": "c1"}
            {"op": "clear_messages", "conversation_id": "c1", "tenant": "other"}
            {"op": "list_conversations", "limit": 0}
            """
        let result = try await tool.run("exec", input: input)
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == 6)
        let message =
            #/\{"ok": \{"id": 1, "conversation_id": "c1", "role": "user", "content": "hi", "created_at": "[-0-9]{10}T[:0-9]{8}\.[0-9]{6}Z"\}\}/#
        #expect(lines[0].wholeMatch(of: message) != nil)
        #expect(lines[1].hasPrefix(#"{"error": {"code": "invalid_request", "message": "#))
        #expect(lines[2] == #"{"ok": [{"role": "user", "content": "hi"}]}"#)
        #expect(lines[3] == #"{"ok": 0}"#)
        #expect(lines[4] == #"{"ok": []}"#)
        #expect(lines[5].isEmpty)
        #expect(try await tool.run("exec", input: "").status == 0)
    }

    @Test("each answer can be read before the next request is written")
    func conversation() async throws {
        let run = try RunningTool(Tool(), "exec", "--store", "memory:")
        for number in 1...20 {
            try await run.write(
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "x"}"# + "\n")
            #expect(try await run.readLine().hasPrefix(#"{"ok": {"id": \#(number), "#))
        }
        try run.closeInput()
        #expect(try await run.end().status == 0)
    }

    @Test("a line over 128 MiB is refused and the next one answered")
    func longLine() async throws {
        let tool = try Tool()
        var input = Data(repeating: UInt8(ascii: "x"), count: (128 << 20) + 1)
        input += Data("\n{\"op\": \"list_conversations\"}\n".utf8)
        let result = try await tool.run(["exec", "--store", "memory:"], input: input)
        #expect(result.status == 0)
        #expect(
            result.output == """
                {"error": {"code": "invalid_request", "message": "the line is longer than 128 MiB", "retryable": false}}
                {"ok": []}

                """)
    }

    @Test("a store is made by the first request that writes, and not before")
    func laterStore() async throws {
        let tool = try Tool()
        let path = tool.folder.path(of: "chat.db")
        let read = #"{"op": "list_conversations"}"#
        let early = try await tool.run("exec", input: "\(read)\n{\"op\": \"clear_messages\"}\n")
        #expect(early.status == 0)
        let answers = early.output.split(separator: "\n")
        #expect(
            answers.first == """
                {"error": {"code": "not_prepared", "message": "the database has none of the library's tables; a request \
                that writes makes it ready", "retryable": false}}
                """)
        #expect(answers.count == 2 && answers[1].contains("conversation_id is missing"))
        #expect(!FileManager.default.fileExists(atPath: path))
        let write = #"{"op": "create_conversation", "conversation_id": "c"}"#
        let later = try await tool.run("exec", input: "\(read)\n\(write)\n\(read)\n")
        #expect(later.output.split(separator: "\n").map { $0.prefix(6) } == [#"{"erro"#, #"{"ok":"#, #"{"ok":"#])
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("a request that is refused, or saves nothing, makes no store")
    func refusedRequests() async throws {
        let tool = try Tool()
        let requests = [
            #"{"op": "save_messages", "conversation_id": "c", "messages": []}"#,
            #"{"op": "save_message", "conversation_id": "", "role": "user", "content": "x"}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "tool", "content": "x"}"#,
            #"{"op": "create_conversation", "conversation_id": "c", "title": "a\u0000"}"#,
            #"{"op": "clear_messages", "conversation_id": "c", "tenant": ""}"#,
        ]
        let result = try await tool.run("exec", input: requests.joined(separator: "\n"))
        let answers = result.output.split(separator: "\n")
        try #require(answers.count == requests.count)
        #expect(answers[0] == #"{"ok": []}"#)
        #expect(answers[2].contains(#""code": "invalid_role""#) && answers[2].contains("; --roles with-tools makes"))
        for place in [1, 3, 4] { #expect(answers[place].contains(#""code": "invalid_argument""#)) }
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "chat.db")))
        for refused in [["", "user", "x"], ["c", "robot", "x"]] {
            #expect(try await tool.run(["add"] + refused, input: Data()).status == 1)
        }
        #expect(!FileManager.default.fileExists(atPath: tool.folder.path(of: "chat.db")))
    }

    @Test(
        "a store takes more roles from the first request that writes",
        arguments: try TestBackends.selected().filter { $0 != .memory })
    func widening(store: TestBackends) async throws {
        let tool = try Tool()
        try await withLocation(of: store) { url, options in
            func run(_ roles: [String], _ lines: [String]) async throws -> [Substring] {
                try await tool.run(
                    ["exec"] + options + roles, input: Data(lines.joined(separator: "\n").utf8),
                    environment: ["CHATSTORAGE_URL": url]
                ).output.split(separator: "\n")
            }
            let plain = #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "x"}"#
            let wide = #"{"op": "save_message", "conversation_id": "c", "role": "tool", "content": "x"}"#
            let read = #"{"op": "get_history", "conversation_id": "c"}"#
            let refused = #"{"op": "save_message", "conversation_id": "c", "role": "robot", "content": "x"}"#
            let one = #"{"ok": [{"role": "user", "content": "x"}]}"#
            #expect(try await run([], [plain])[0].hasPrefix(#"{"ok": "#))
            let answers = try await run(["--roles", "with-tools"], [read, refused, read])
            #expect(answers[0] == one && answers[1].contains("invalid_role") && answers[2] == one, "\(answers)")
            #expect(try await run([], [wide])[0].contains("invalid_role"), "it is as it was")
            let written = try await run(["--roles", "with-tools"], [read, wide, read])
            #expect(written[0] == one && written[1].hasPrefix(#"{"ok": "#), "\(written)")
            #expect(written[2].contains(#""role": "tool""#))
            #expect(try await run([], [wide])[0].hasPrefix(#"{"ok": "#), "it takes them from now on")
        }
    }

    /// A place for a store that nobody has made: its URL and the options that name it.
    private func withLocation(
        of store: TestBackends, _ body: (String, [String]) async throws -> Void
    ) async throws {
        guard store == .postgres else {
            let folder = try TemporaryFolder()
            return try await body("sqlite:" + folder.path(of: "chat.db"), [])
        }
        try await TestPostgres.withSchema { url, schema in try await body(url, ["--schema", schema]) }
    }

    @Test(
        "the first request that writes creates a missing PostgreSQL schema",
        .enabled(if: try TestBackends.postgres.isSelected()))
    func laterSchema() async throws {
        let tool = try Tool()
        try await TestPostgres.withSchema { url, schema in
            func run(_ op: String) async throws -> String {
                try await tool.run(
                    "exec", "--schema", schema, input: #"{"op": "\#(op)", "conversation_id": "c"}"#,
                    environment: ["CHATSTORAGE_URL": url]
                ).output
            }
            let schemas = "SELECT 1 FROM pg_namespace WHERE nspname = '\(schema)'"
            let read = try await run("get_conversation")
            let before = try await TestPostgres.execute(schemas)
            #expect(read.contains("not_prepared") && before.isEmpty)
            let written = try await run("create_conversation")
            let after = try await TestPostgres.execute(schemas)
            #expect(written.hasPrefix(#"{"ok": "#) && !after.isEmpty)
        }
    }

    @Test("a store that cannot be opened is said on standard error, with status 1")
    func noStore() async throws {
        let result = try await Tool().run("exec", "--store", "sqlite:no/folder/chat.db", input: "{}\n")
        #expect(result.status == 1)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("chatstorage: "))
    }
}
