import ChatStorageCore
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

@Suite("ShareGPT")
struct ShareGPTTests {
    @Test("calls and observations are calls and their results, in order")
    func calls() async throws {
        let conversation = try await TestFile.conversation(
            #"""
            {"tools": "[{\"name\": \"f\"}]", "system": "s", "conversations": [
              {"from": "human", "value": "q"},
              {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"a\": 1e0,  \"b\": \"\\u00e9\"}}"},
              {"from": "observation", "value": "[1]"},
              {"from": "gpt", "value": "a", "loss": true},
              {"from": "function_call", "value": "[{\"name\": \"g\", \"arguments\": {}}, {\"name\": \"h\", \"arguments\": \"x\"}]"},
              {"from": "observation", "value": "2"}, {"from": "observation", "value": "3"},
              {"from": "observation", "value": "4"},
              {"from": "function_call", "value": "f(1)"}, {"from": "human", "value": "q"},
              {"from": "observation", "value": "5"}]}
            """#)
        let messages = conversation.messages.map(\.body)
        #expect(conversation.metadata == ["tools": #"[{"name": "f"}]"#] && conversation.leftOut == [])
        #expect(messages[0] == .system("s") && messages[1] == .user("q"))
        #expect(
            messages[2] == .assistant([.toolCall("f", callID: "call_1", input: #"{"a": 1e0,  "b": "\u00e9"}"#)]))
        #expect(messages[3] == .tool([.toolResult(callID: "call_1", output: "[1]", name: "f")]))
        #expect(messages[4].content == "a" && messages[4].metadata == ["loss": true])
        #expect(messages[5].parts.map(\.callID) == ["call_2", "call_3"])
        #expect(messages[5].parts.map(\.name) == ["g", "h"] && messages[5].parts.map(\.input) == ["{}", "x"])
        // The arguments of the second are no object, which its other members do not say.
        #expect(messages[5].parts.map { $0.native?.json.text } == [nil, #"{"name": "h", "arguments": "x"}"#])
        #expect(messages[6...8].flatMap(\.parts).map(\.callID) == ["call_2", "call_3", nil])
        #expect(messages[6...8].flatMap(\.parts).map(\.output) == ["2", "3", "4"])
        #expect(messages[9].parts == [MessagePart(.toolCall, callID: "call_4", input: "f(1)")])
        #expect(messages[11].parts == [MessagePart(.toolResult, output: "5")])
    }

    @Test("speakers and members have other names too")
    func aliases() async throws {
        for (list, speaker, text) in [
            ("conversations", "from", "value"), ("conversations", "role", "content"), ("conversation", "from", "text"),
            ("items", "from", "value"), ("messages", "from", "value"), ("conversation", "role", "content"),
        ] {
            func turn(_ name: String) -> String { #"{"\#(speaker)": "\#(name)", "\#(text)": "\#(name)"}"# }
            let names = [
                "human", "user", "gpt", "chatgpt", "bing", "bard", "assistant", "model", "system", "tool",
                "observation", "function_response",
            ]
            let line = #"{"\#(list)": [\#(names.map(turn).joined(separator: ", "))]}"#
            let conversation = try await TestFile.conversation(line)
            #expect(
                conversation.messages.map(\.role)
                    == [.user, .user] + Array(repeating: .assistant, count: 6) + [.system, .tool, .tool, .tool],
                "\(line)")
            #expect(conversation.messages.prefix(9).map(\.content) == Array(names.prefix(9)))
            #expect(conversation.metadata == [:] && conversation.leftOut == [])
        }
        let call = try await TestFile.conversation(
            #"{"messages": [{"role": "function_call", "content": "{\"name\": \"f\", \"arguments\": {}}"}]}"#)
        #expect(call.messages[0].body.toolCalls.map(\.name) == ["f"])
    }

    @Test("messages of OpenAI's form can stand there too")
    func messages() async throws {
        let conversation = try await TestFile.conversation(
            #"{"conversations": [{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "function": {"name": "f"}}]}]}"#
        )
        #expect(conversation.messages[0].body.toolCalls.map(\.callID) == ["1"])
    }

    @Test("a plain conversation is what it was, and so is its id")
    func plain() async throws {
        let line = #"{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]"#
        for end in ["}", #", "tools": "[]", "source": "x"}"#] {
            let conversation = try await TestFile.conversation(line + end)
            #expect(conversation.id == "import-2929f201b086b108d869cf0db6d36f18dcd1bb8f-1")
            #expect(conversation.messages.map(\.body) == [.user("Hi"), .assistant("Hello")])
        }
    }

    @Test("a result is for stores that take the role tool")
    func roles() async throws {
        let entries = try await TestFile.read(
            #"{"conversations": [{"from": "observation", "value": "secret"}]}"#)
        #expect(
            entries[0].reason
                == #"conversations[0].from is "observation", which is of the role tool, not one of: assistant, system, user"#
        )
    }

    @Test("files of the line take the places of their marks; a list without a mark for each stays as it is")
    func files() async throws {
        let conversation = try await TestFile.conversation(
            #"""
            {"conversations": [{"from": "human", "value": "<image>Who <b>is</b> <image>?", "weight": 1},
              {"from": "gpt", "value": "<video>"}],
             "images": ["a/1.jpg", "https://a.b/2.png?x"], "videos": ["1.mp4", "2.mp4"]}
            """#)
        #expect(
            conversation.messages[0].body.parts == [
                .file(MessageFile(mediaType: "image/jpeg", name: "a/1.jpg")), .text("Who <b>is</b> "),
                .file(MessageFile(mediaType: "image/png", url: "https://a.b/2.png?x")), .text("?"),
            ])
        #expect(conversation.messages[0].body.metadata == ["weight": 1])
        #expect(conversation.messages[1].body == .assistant("<video>"))
        #expect(conversation.metadata == ["videos": ["1.mp4", "2.mp4"]])
    }

    @Test(
        "real files come in whole: each call has its exact arguments and its observation",
        .enabled(if: SampleFiles.areThere, "there are no sample files"),
        arguments: [("en", 1_914, 211, 211, 0), ("zh", 1_880, 216, 218, 2)])
    func real(language: String, messages: Int, calls: Int, results: Int, unasked: Int) async throws {
        let bytes = try SampleFiles.data("../sharegpt-tools-\(language).json")
        let conversations = try await TestFile.read(bytes: Array(bytes), roles: .withTools)
            .map { try #require($0.conversation, "\($0.content)") }
        let expected = try JSONDecoder().decode([Conversation].self, from: bytes)
        #expect(conversations.count == 300 && expected.count == 300)
        #expect(conversations.reduce(0) { $0 + $1.messages.count } == messages)
        var counts = (calls: 0, results: 0, unasked: 0)
        for (conversation, original) in zip(conversations, expected) {
            #expect(conversation.leftOut == [] && conversation.metadata == ["tools": .string(original.tools)])
            var asked: [String?] = []
            for (message, turn) in zip(conversation.messages, original.conversations) {
                switch turn.from {
                case "function_call":
                    let call = try #require(message.body.parts.first)
                    let input = try #require(call.input)
                    #expect(message.body.parts.count == 1 && call.native == nil && turn.value.contains(input))
                    let parsed = try #require(
                        try JSONSerialization.jsonObject(with: Data(turn.value.utf8)) as? NSDictionary)
                    #expect(parsed["name"] as? String == call.name)
                    let arguments = try JSONSerialization.jsonObject(with: Data(input.utf8)) as? NSDictionary
                    #expect(parsed["arguments"] as? NSDictionary == arguments)
                    asked.append(call.callID)
                    counts.calls += 1
                case "observation":
                    let result = try #require(message.body.parts.first)
                    #expect(message.role == .tool && result.output == turn.value)
                    counts.results += 1
                    if asked.isEmpty { counts.unasked += 1 }
                    #expect(result.callID == (asked.isEmpty ? nil : asked.removeFirst()))
                default:
                    #expect(message.content == turn.value)
                    #expect(message.role == (turn.from == "human" ? .user : .assistant))
                }
            }
            #expect(asked.isEmpty && conversation.messages.count == original.conversations.count)
        }
        #expect(counts == (calls, results, unasked))
    }

    private struct Conversation: Decodable {
        struct Turn: Decodable {
            let from: String
            let value: String
        }
        let conversations: [Turn]
        let tools: String
    }

    @Test(
        "the samples of other data sets come in whole",
        .enabled(if: SampleFiles.areThere, "there are no sample files"),
        arguments: [
            ("hiyouga+LLaMA-Factory__glaive_toolcall_en_demo.json", 25, 166, 0),
            ("hiyouga+LLaMA-Factory__mllm_demo.json", 6, 24, 8),
            ("hiyouga+LLaMA-Factory__mllm_video_audio_demo.json", 3, 6, 6),
            ("hiyouga+LLaMA-Factory__reason_tool_use_demo_50.jsonl", 15, 95, 0),
            ("lm-sys+FastChat__dummy_conversation.json", 40, 160, 0),
        ])
    func samples(name: String, conversations: Int, messages: Int, files: Int) async throws {
        let bytes = Array(try SampleFiles.data("datasets_api/\(name)"))
        let read = try await TestFile.read(bytes: bytes, roles: .withTools)
            .map { try #require($0.conversation, "\($0.content)") }
        #expect(read.count == conversations && read.reduce(0) { $0 + $1.messages.count } == messages)
        #expect(read.allSatisfy { $0.leftOut.isEmpty })
        let parts = read.flatMap(\.messages).flatMap(\.body.parts)
        let found = parts.filter { $0.kind == .file }
        #expect(found.count == files && found.allSatisfy { $0.file?.name != nil && $0.file?.mediaType != nil })
    }
}
