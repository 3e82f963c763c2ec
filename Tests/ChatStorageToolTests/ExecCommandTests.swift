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

    @Test("a PostgreSQL schema too", .enabled(if: try TestBackends.postgres.isSelected()))
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
