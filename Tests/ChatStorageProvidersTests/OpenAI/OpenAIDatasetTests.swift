import ChatStorageCore
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

/// Lists of messages and of items, as other projects' tests and data sets have them.
@Suite(
    "Data sets of OpenAI's forms",
    .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"))
struct OpenAIDatasetTests {
    private func file(_ name: String) throws -> JSONSlice {
        try JSONFields.parse(SampleFiles.data("datasets_api/\(name).json"))
    }

    @Test("items of Responses are the turns that a person sees in them")
    func items() async throws {
        let items = try file("generated__openai_responses_items")
        let messages = try OpenAIResponses.messages(from: json(items.text))
        #expect(
            messages.map(\.outline) == [
                "user: text", "assistant: reasoning, tool_call(call_1)", "tool: tool_result(call_1)",
                "assistant: text", "user: text, file", "assistant: web_search_call, refusal",
            ])
        #expect(messages[0] == .user("What is the weather in Paris?"))
        #expect(messages[1].parts[0].text == "Need the tool." && messages[1].parts[0].id == "rs_1")
        #expect(messages[1].parts[1].input == #"{"city":"Paris"}"# && messages[1].parts[1].name == "get_weather")
        #expect(messages[2].parts == [.toolResult(callID: "call_1", output: "Paris: 18C, rain")])
        #expect(messages[3].content == "18C with rain.")
        #expect(messages[4].content == "And this?")
        #expect(messages[4].parts[1].file == MessageFile(mediaType: "image/png", size: 8))
        #expect(messages[5].parts[0].text == "paris weather")
        #expect(messages[5].parts[1].text == "I can't tell from that.")
        try await check(messages, items.elementList)
    }

    /// That the messages come back from a store, and go out as the items that they were.
    private func check(_ messages: [ChatMessage], _ items: [JSONSlice]) async throws {
        let body = try OpenAIResponses.body(for: try await kept(messages), .whole)
        #expect(body.omissions.isEmpty)
        let sent = try elements(of: "input", in: body)
        #expect(sent.count == items.count)
        for (item, original) in zip(sent, items) { #expect(NativeRule.isSame(item, original.text)) }
    }

    static let runStates = [
        "v1_11_tool_output_custom_data": "tool: tool_result(custom-data-1)",
        "v1_13_nested_history_ownership": "assistant: text",
        "v1_13_programmatic_tool_calling":
            "assistant: program(program-call), tool_call(function-call), program_output(program-call)",
        "v1_5_tool_search_and_display_metadata":
            "assistant: tool_search_call, tool_search_output, tool_call(call-display)",
        "v1_9_custom_tool_call_and_tool_origin":
            "assistant: tool_call(custom-call-1) / tool: tool_result(custom-call-1)",
    ]

    @Test("items in the states of OpenAI's agents are read", arguments: runStates.keys.sorted())
    func runState(name: String) async throws {
        let state = try file("openai+openai-agents-python__\(name)")
        let items = try #require(state.member("generated_items")?.elementList).compactMap { $0.member("raw_item") }
        let array = "[" + items.map(\.text).joined(separator: ",") + "]"
        let messages = try OpenAIResponses.messages(from: json(array))
        #expect(messages.map(\.outline).joined(separator: " / ") == Self.runStates[name])
        #expect(try await kept(messages) == messages)
        // Results without calls and calls without results stay behind; everything else goes as it came.
        let body = try OpenAIResponses.body(for: messages, .whole)
        let sent = try elements(of: "input", in: body)
        for item in sent { #expect(items.contains { NativeRule.isSame($0.text, item) }) }
        let left = messages.flatMap(\.parts).count - sent.count
        #expect(body.omissions.filter { $0.part != nil }.count == left)
    }

    @Test("function calls without ids, from before tool calls, are calls and results")
    func functions() async throws {
        let file = try file("OpenBMB+ToolBench__10_ChatGPT_DFS_woFilter_w2")
        let chats = try #require(file.member("answer_generation")?.member("train_messages")?.elementList)
        #expect(chats.count == 3)
        let outlines = [
            "system: text", "user: text", "assistant: tool_call", "tool: tool_result", "assistant: tool_call",
            "tool: tool_result", "assistant: tool_call",
        ]
        for chat in chats {
            let messages = try OpenAIChat.messages(from: json(chat.text))
            #expect(messages.map(\.outline) == Array(outlines.prefix(messages.count)))
            #expect(messages[2].parts == [MessagePart(.toolCall, name: "transitaires_for_transitaires", input: "{}")])
            // The last call has no result; everything else goes as it came.
            let body = try OpenAIChat.body(for: try await kept(messages))
            let sent = try elements(of: "messages", in: body)
            #expect(sent.count == messages.count - 1)
            for (message, original) in zip(sent, chat.elementList) {
                #expect(NativeRule.isSame(message, original.text))
            }
            #expect(body.omissions.map(\.message) == [messages.count - 1, messages.count - 1])
        }
    }

    @Test("traced calls are read, streamed or whole")
    func traces() throws {
        for (name, model) in [("py_wrap_openai_", "gpt-4o-mini-2024-07-18"), ("js_wrap_openai_reasoning", "o1-mini")] {
            let trace = try file("langchain-ai+langsmith-sdk__langsmith_\(name)")
            let run = try #require(trace.member("patch")?.elementList.first)
            let response = try #require(run.member("outputs"))
            let answer = try OpenAIChat.message(from: json(response.text))
            #expect(answer.metadata[.model]?.hasPrefix(model) == true && answer.metadata[.stopReason] == "stop")
            #expect(answer.parts.map(\.kind) == [.text] && answer.native != nil)
        }
        let trace = try file("langchain-ai+langsmith-sdk__langsmith_py_wrap_openai_stream")
        let run = try #require(trace.member("patch")?.elementList.first)
        var answer = OpenAIChat.Accumulator()
        var seen: [String] = []
        for event in try #require(run.member("events")?.elementList) {
            let chunk = try #require(event.member("kwargs")?.member("token"))
            try answer.add(chunk.text)
            seen.append(answer.text)
        }
        try answer.add("data: [DONE]")
        #expect(seen.prefix(4) == ["", "Howdy", "Howdy!", "Howdy! How"])
        #expect(answer.message.content == "Howdy! How can I assist you today?")
        #expect(answer.message.native == nil && answer.message.parts.count == 1)
        #expect(answer.message.metadata[.responseID] == "chatcmpl-AHH0HKxF2K5Rnu1DJ51k9CPTcerd1")
        #expect(answer.message.metadata[.stopReason] == "stop" && answer.omissions.isEmpty)
        #expect(answer.message.metadata["object"] == "chat.completion")
        guard case .object(let usage)? = answer.message.metadata[.usage] else {
            throw ProviderFormError(reason: "none")
        }
        #expect(usage["total_tokens"] == 18)
    }

    @Test("messages of plain texts are one text each, with native JSON only for the order of their members")
    func plain() throws {
        let chats = try file("hiyouga+LLaMA-Factory__mllm_demo").elementList
        #expect(chats.count == 6)
        for chat in chats {
            let messages = try OpenAIChat.messages(from: json(try #require(chat.member("messages")).text))
            // Native only for the order of the members.
            #expect(messages.count >= 2 && messages.allSatisfy { $0.parts == [.text($0.content)] && $0.native != nil })
            #expect(messages[0].role == .user && messages[1].role == .assistant)
        }
    }
}
