import ChatStorageCore
import ChatStorageJSON
import ChatStorageProviders
import ChatStorageTransfer
import Foundation
import Testing

@Suite("OpenAI's lines")
struct OpenAILineTests {
    private static let calls = """
        [{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\\"city\\": \\"Wien\\", \\"n\\": 1e0}"}}]
        """

    @Test("calls, results, parts, refusals, reasoning, names and weights are all kept")
    func everything() async throws {
        let conversation = try await TestFile.conversation(
            #"""
            {"messages": [
              {"role": "developer", "content": "Be brief."},
              {"role": "user", "content": [{"type": "text", "text": "Rain?"},
                {"type": "image_url", "image_url": {"url": "https://a.b/c.png", "detail": "low"}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1", "filename": "a.pdf"}}], "name": "eva"},
              {"role": "assistant", "content": null, "tool_calls": \#(Self.calls), "weight": 0},
              {"role": "tool", "tool_call_id": "c1", "content": "dry"},
              {"role": "assistant", "content": "No.", "reasoning_content": "It is dry.", "weight": 1},
              {"role": "assistant", "content": null, "refusal": "I cannot."},
              {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}},
              {"role": "function", "name": "f", "content": "1"},
              {"role": "assistant", "content": null, "audio": {"id": "audio_1"}}],
             "tools": [{"type": "function", "function": {"name": "weather"}}], "parallel_tool_calls": false,
             "functions": [{"name": "f"}]}
            """#)
        #expect(conversation.leftOut == [])
        #expect(
            conversation.metadata == [
                "tools": [["type": "function", "function": ["name": "weather"]]], "parallel_tool_calls": false,
                "functions": [["name": "f"]],
            ])
        let messages = conversation.messages.map(\.body)
        #expect(
            messages.map(\.role) == [
                .developer, .user, .assistant, .tool, .assistant, .assistant, .assistant, .tool, .assistant,
            ])
        #expect(messages[0] == .developer("Be brief."))
        #expect(messages[1].parts.map(\.kind) == [.text, .file, .file, .file])
        #expect(messages[1].parts[1].file?.url == "https://a.b/c.png" && messages[1].parts[3].file?.id == "file-1")
        #expect(messages[1].metadata == ["name": "eva"])
        #expect(
            messages[2].parts == [.toolCall("weather", callID: "c1", input: #"{"city": "Wien", "n": 1e0}"#)])
        #expect(messages[2].metadata == ["weight": 0])
        #expect(messages[3].parts == [.toolResult(callID: "c1", output: "dry")])
        #expect(messages[4].parts == [.reasoning("It is dry."), .text("No.")] && messages[4].metadata == ["weight": 1])
        #expect(messages[5].parts == [MessagePart(.refusal, text: "I cannot.")])
        #expect(messages[6].parts == [MessagePart(.toolCall, name: "f", input: "{}")])
        #expect(messages[7].parts == [MessagePart(.toolResult, name: "f", output: "1")])
        #expect(messages[8].parts.map(\.kind) == [.file] && messages[8].parts[0].file?.id == "audio_1")
    }

    @Test(
        "what goes out to the API is what came in, without the members that are not the API's",
        arguments: [
            #"{"role":"user","content":"hi","name":"eva"}"#,
            #"{"role":"user","content":[{"type":"text","text":"a"},{"text":"b","type":"text"}]}"#,
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ==","detail":"low"}}]}"#,
            #"{"role":"assistant","content":"so","reasoning_content":"why"}"#,
            #"{"role":"assistant","content":null,"refusal":"no"}"#,
            #"{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]}"#,
            #"{"role":"assistant","content":null,"audio":{"id":"a"}}"#,
        ])
    func roundTrip(message: String) async throws {
        let extra = message.dropLast() + #","weight":1,"created_at":"2026-01-01T00:00:00Z","note":[1]}"#
        for text in [message, String(extra)] {
            let conversation = try await TestFile.conversation(#"{"messages": [\#(text)]}"#)
            let body = try OpenAIChat.body(for: conversation.messages.map(\.body))
            #expect(String(decoding: body.data, as: UTF8.self) == #"{"messages":[\#(message)]}"#)
            #expect(conversation.messages[0].body.metadata["weight"] == (text == message ? nil : 1))
        }
    }

    @Test("calls with their results go out as they came too")
    func callsRoundTrip() async throws {
        let messages =
            #"{"role":"user","content":"?"},{"role":"assistant","content":"","tool_calls":\#(Self.calls)},"#
            + #"{"role":"tool","tool_call_id":"c1","name":"weather","content":[{"type":"text","text":"dry"}]}"#
        let conversation = try await TestFile.conversation(#"{"messages": [\#(messages)]}"#)
        let body = try OpenAIChat.body(for: conversation.messages.map(\.body))
        #expect(String(decoding: body.data, as: UTF8.self) == #"{"messages":[\#(messages)]}"#)
        #expect(body.omissions.isEmpty)
    }

    @Test("a message of one text is plain, whatever the order of its members, and ids stay what they were")
    func plain() async throws {
        let message = try await TestFile.conversation(#"{"messages": [{"content": "hi", "role": "user"}]}"#)
        #expect(message.messages[0].body == .user("hi") && message.messages[0].body.isPlain)
        let bare = try await TestFile.conversation(
            #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}"#)
        let named = try await TestFile.conversation(
            #"{"messages": [{"role": "user", "content": "Hi", "name": "n", "weight": 1}, {"role": "assistant", "content": "Hello"}], "tools": [1]}"#
        )
        #expect(bare.id == "import-2929f201b086b108d869cf0db6d36f18dcd1bb8f-1" && named.id == bare.id)
    }

    @Test("a system prompt beside the messages is the first of them, unless they have one")
    func systemPrompt() async throws {
        for name in ["system", "system_prompt"] {
            let first = try await TestFile.conversation(
                #"{"\#(name)": "Be brief.", "messages": [{"role": "user", "content": "a"}]}"#)
            #expect(first.messages.map(\.body) == [.system("Be brief."), .user("a")] && first.metadata == [:])
            let second = try await TestFile.conversation(
                #"{"\#(name)": "Be brief.", "messages": [{"role": "system", "content": "a"}]}"#)
            #expect(second.messages.map(\.body) == [.system("a")])
            #expect(second.metadata[name] == "Be brief.")
        }
        let object = try await TestFile.conversation(#"{"system": {"a": 1}, "messages": []}"#)
        #expect(object.messages.isEmpty && object.metadata == ["system": ["a": 1]])
    }

    @Test(
        "what a message cannot be is named",
        arguments: [
            (#"{"role": "user", "content": ["secret"]}"#, "messages[0].content[0] is a string, not an object"),
            (#"{"role": "user", "content": {"a": "secret"}}"#, "messages[0].content is an object, not a string"),
            (#"{"role": "user", "content": null, "name": "n"}"#, "messages[0].content is null, not a string"),
            (#"{"role": "tool", "tool_call_id": "c"}"#, "messages[0].content is missing"),
            (#"{"role": "assistant"}"#, "messages[0].content is missing"),
        ])
    func wrong(message: String, reason: String) async throws {
        let entries = try await TestFile.read(#"{"messages": [\#(message)]}"#, roles: .withTools)
        #expect(entries.map(\.reason) == [reason])
    }

    @Test("a function's result is a message of the role tool, which the store must take")
    func function() async throws {
        let entries = try await TestFile.read(
            #"{"messages": [{"role": "function", "name": "f", "content": "secret"}]}"#)
        #expect(entries[0].reason == #"messages[0].role is "function", not one of: assistant, system, user"#)
    }

    @Test("a message whose JSON would make it too large keeps its parts alone, and says so")
    func large() async throws {
        let text = String(repeating: "x", count: 9 << 20)
        let conversation = try await TestFile.conversation(
            #"{"messages": [{"role": "user", "name": "n", "content": "\#(text)"}]}"#)
        #expect(conversation.messages[0].body.native == nil && conversation.messages[0].content.utf8.count == 9 << 20)
        #expect(conversation.messages[0].body.metadata == ["name": "n"])
        #expect(conversation.leftOut == ["messages[] as it came"])
    }
}
