import ChatStorageCore
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("LangChain's messages")
struct LangChainFormTests {
    private static let path = "datasets_api/generated__langchain_messages_to_dict.json"

    @Test("every type is a message of its role, and a removal is none", .enabled(if: SampleFiles.areThere))
    func types() throws {
        let sample = try FormSample(Self.path, .langChain)
        let chat = try #require(sample.archived.first)
        #expect(sample.archived.count == 1)
        #expect(
            chat.messages.map(\.role) == [
                .system, .user, .assistant, .tool, .tool, .assistant, .user, .assistant, .assistant, .tool,
            ])
        #expect(chat.leftOut == ["messages[] of type remove"])
        #expect(chat.messages[1].body.metadata["name"] == "alex")
        #expect(chat.messages[1].body.metadata["id"] == "h1")
        #expect(chat.messages[7].content == "A partial ")
        #expect(chat.messages[8].body.metadata["role"] == "critic")
    }

    @Test("calls, calls that are no JSON, and results", .enabled(if: SampleFiles.areThere))
    func tools() throws {
        let chat = try #require(FormSample(Self.path, .langChain).archived.first)
        let calls = chat.messages[2].body
        #expect(calls.parts.map(\.kind) == [.toolCall, .toolCall])
        #expect(calls.parts.map(\.callID) == ["call_1", "call_2"])
        #expect(try calls.parts[0].decodeInput(as: [String: String].self) == ["city": "Paris"])
        #expect(calls.parts[1].input == "{\"tz\": ")
        #expect(calls.parts[1].status == "invalid")
        #expect(calls.metadata[.model] == "gpt-4o-2024-08-06")
        #expect(calls.metadata["usage_metadata"] != nil)
        let results = chat.messages[3...4].map { $0.body.parts[0] }
        #expect(
            results[0]
                == .toolResult(callID: "call_1", output: "Paris: 18C, rain", name: "get_weather", isError: false))
        #expect(results[1].isError == true)
        #expect(chat.messages[3].body.metadata["artifact"] != nil)
        #expect(chat.messages[9].body.parts == [MessagePart(.toolResult, name: "old_fn", output: "42")])
    }

    @Test("blocks are reasoning, texts and files", .enabled(if: SampleFiles.areThere))
    func blocks() throws {
        let chat = try #require(FormSample(Self.path, .langChain).archived.first)
        let answer = chat.messages[5].body
        #expect(answer.parts.map(\.kind) == [.reasoning, .text])
        #expect(answer.parts[0].text == "Short answer.")
        #expect(answer.parts[0].native?.json.text.contains("c2ln") == true)
        let question = chat.messages[6].body
        #expect(question.content == "And this picture?")
        #expect(question.parts.dropFirst().map(\.file?.mediaType) == ["image/png", "text/plain"])
        #expect(question.parts[2].file?.size == 5)
    }

    @Test("nothing of the sample is lost", .enabled(if: SampleFiles.areThere))
    func nothingLost() throws {
        let sample = try FormSample(Self.path, .langChain)
        let lost = NothingLost.lost(
            from: sample.values, in: sample.conversations, structure: ["type", "status"])
        #expect(lost.isEmpty)
    }

    @Test("serialised constructors, plain members and older providers' members are read")
    func otherForms() throws {
        let sample = try FormSample(
            text: #"""
                {"id": 7, "title": "t", "tenant": "x", "messages": [
                  {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"],
                    "kwargs": {"content": "Hi", "type": "human"}},
                  {"type": "ai", "content": "", "additional_kwargs": {"function_call":
                    {"name": "f", "arguments": "{}"}}, "response_metadata": {}},
                  {"type": "ai", "data": {"content": [
                    {"type": "tool_use", "id": "a", "name": "g", "input": {"x": 1, "y": 2}}],
                    "tool_calls": [{"name": "g", "args": {"y": 2, "x": 1}, "id": "a", "type": "tool_call"}]}}
                ]}
                """#, .langChainConversations)
        let chat = try #require(sample.archived.first)
        #expect(chat.id == "7")
        #expect(chat.title == "t")
        #expect(chat.metadata["tenant"] == "x")
        #expect(chat.messages.map(\.role) == [.user, .assistant, .assistant])
        #expect(chat.messages[0].content == "Hi")
        #expect(chat.messages[1].body.parts == [MessagePart(.toolCall, name: "f", input: "{}")])
        #expect(chat.messages[2].body.parts.count == 1)
    }

    @Test("a type that is not known is an error that quotes no text")
    func unknownType() {
        let error = #expect(throws: InvalidConversation.self) {
            try FormSample(text: #"[{"type": "alien", "data": {"content": "secret"}}]"#, .langChain)
        }
        #expect(
            error?.reason
                == "messages[].type is \"alien\", not one of: ai, chat, developer, function, human, remove, system, tool"
        )
    }
}
