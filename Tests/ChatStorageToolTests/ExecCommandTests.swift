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

    @Test("a store that cannot be opened is said on standard error, with status 1")
    func noStore() async throws {
        let result = try await Tool().run("exec", "--store", "sqlite:no/folder/chat.db", input: "{}\n")
        #expect(result.status == 1)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("chatstorage: "))
    }
}
