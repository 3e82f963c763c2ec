import ChatStorageCore
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

@Suite("OpenAI's Python client", .enabled(if: PythonClients.areThere, "\(PythonClients.missing)"))
struct OpenAIClientTests {
    @Test("takes what the codecs write")
    func requests() async throws {
        var cases: [PythonClients.Case] = []
        func add(_ kind: String, _ messages: [ChatMessage]) throws {
            let chat = try OpenAIChat.body(
                for: messages, adding: ["model": "m"], resolving: OpenAIConversations.resolving)
            cases.append(.init(OpenAIChat.format, kind, chat.data))
            for mode in [OpenAIResponses.Mode.stateless, .whole] {
                let body = try OpenAIResponses.body(
                    for: messages, mode, adding: ["model": "m"], resolving: OpenAIConversations.resolving)
                cases.append(.init(OpenAIResponses.format, kind, body.data))
            }
        }
        for messages in try OpenAIConversations.all() { try add("request", messages) }
        for text in OpenAIChatExactnessTests.portable {
            try add("request", OpenAIChat.messages(from: json("[\(text)]")))
        }
        for text in OpenAIResponsesTests.portable {
            try add("request", OpenAIResponses.messages(from: json("[\(text)]")))
        }
        // What the APIs gave has members that the client's types of requests lack.
        for messages in try Self.samples() { try add("history", messages) }
        let answers = try await PythonClients.check(cases)
        #expect(answers.count == cases.count)
        for (index, answer) in answers.enumerated() {
            #expect(answer.ok, "\(cases[index].json.prefix(400)): \(answer.error?.prefix(1_000) ?? "")")
        }
    }

    @Test("refuses what is no request, so that the test above says something")
    func refusals() async throws {
        let cases = [
            (OpenAIChat.format, #"{"model":"m","messages":[{"role":"user","content":"x","y":1}]}"#),
            (OpenAIChat.format, #"{"model":"m","messages":[{"role":"tool","content":"x"}]}"#),
            (
                OpenAIChat.format,
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":"x"}]}]}"#
            ),
            (OpenAIResponses.format, #"{"model":"m","input":[{"role":"user","content":"x","y":1}]}"#),
            (OpenAIResponses.format, #"{"model":"m","input":[{"type":"function_call","name":"x"}]}"#),
            (
                OpenAIResponses.format,
                #"{"model":"m","input":[{"role":"assistant","content":[{"type":"output_text","text":"x"}]}]}"#
            ),
        ]
        let answers = try await PythonClients.check(cases.map { .init($0.0, "request", json($0.1)) })
        #expect(answers.map(\.ok) == cases.map { _ in false })
    }

    @Test("makes what the codecs read", .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"))
    func responses() async throws {
        let chats = OpenAISamples.chat.keys.sorted()
        let responses = OpenAISamples.responses.keys.sorted()
        let cases =
            try chats.map { PythonClients.Case(OpenAIChat.format, "response", try OpenAISamples.data($0)) }
            + responses.map { .init(OpenAIResponses.format, "response", try OpenAISamples.data($0)) }
        let answers = try await PythonClients.check(cases)
        #expect(answers.count == cases.count)
        for (answer, name) in zip(answers, chats + responses) {
            let data = try OpenAISamples.data(name)
            let (made, sent) = (json(answer.message ?? ""), json(answer.body ?? "{}"))
            #expect(answer.ok, "\(name): \(answer.error ?? "")")
            // The client has members in its own order, so only what the JSON says is the same.
            if OpenAISamples.chat[name] != nil {
                let message = try OpenAIChat.message(from: data)
                expectSame(try OpenAIChat.message(from: made), message)
                let messages = try OpenAIChat.messages(
                    from: json(#require(JSONFields.parse(sent).member("messages")).text))
                expectSame(messages[1], message)
            } else {
                let message = try OpenAIResponses.message(from: data)
                expectSame(try OpenAIResponses.message(from: made), message)
                let items = try OpenAIResponses.messages(
                    from: json(#require(JSONFields.parse(sent).member("input")).text))
                expectSame(ChatMessage(role: .assistant, parts: items.dropFirst().dropLast().flatMap(\.parts)), message)
            }
        }
    }

    static let chatStream = [
        #"{"role":"assistant","content":"","refusal":null}"#, #"{"content":"Hel"}"#, #"{"content":"lo"}"#,
        #"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"#,
        #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"n\":"}}]}"#,
        #"{"tool_calls":[{"index":0,"function":{"arguments":"1e2}"}}]}"#,
    ]

    static let events = [
        #"{"type":"response.created","sequence_number":0,"response":\#(response("in_progress", "[]"))}"#,
        #"""
        {"type":"response.output_item.added","sequence_number":1,"output_index":0,\#
        "item":{"id":"msg_1","type":"message","status":"in_progress","content":[],\#
        "role":"assistant"}}
        """#,
        #"""
        {"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1",\#
        "output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],\#
        "logprobs":[],"text":""}}
        """#,
        #"""
        {"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,\#
        "content_index":0,"delta":"Hel","logprobs":[]}
        """#,
        #"""
        {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,\#
        "content_index":0,"delta":"lo","logprobs":[]}
        """#,
        #"{"type":"response.output_item.done","sequence_number":5,"output_index":0,"item":\#(item)}"#,
        #"{"type":"response.completed","sequence_number":6,"response":\#(response("completed", "[\(item)]"))}"#,
    ]

    private static let item =
        #"""
        {"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text",\#
        "annotations":[],"logprobs":[],"text":"Hello"}],"role":"assistant"}
        """#

    private static func response(_ status: String, _ output: String) -> String {
        #"""
        {"id":"resp_1","object":"response","created_at":1,"status":"\#(status)","error":null,\#
        "incomplete_details":null,"instructions":null,"metadata":{},"model":"m","output":\#(output),\#
        "parallel_tool_calls":true,"temperature":1,"tool_choice":"auto","tools":[],"top_p":1}
        """#
    }

    @Test("makes of a stream what the accumulators make")
    func streams() async throws {
        let chunks = Self.chatStream.map { ($0, "null") } + [("{}", "\"tool_calls\"")]
        let chat =
            chunks.map { delta, reason in
                #"""
                data: {"id":"r","object":"chat.completion.chunk","created":7,"model":"m",\#
                "choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]}
                """#
                    + "\n\n"
            }.joined() + "data: [DONE]\n\n"
        let events = Self.events.map { "event: x\ndata: \($0)\n\n" }.joined()
        let answers = try await PythonClients.check([
            .init(OpenAIChat.format, "stream", json(chat)), .init(OpenAIResponses.format, "stream", json(events)),
        ])
        for answer in answers { #expect(answer.ok, "\(answer.error ?? "")") }
        var first = OpenAIChat.Accumulator()
        try first.add(chat)
        expectSame(try OpenAIChat.message(from: json(answers[0].message ?? "")), first.message)
        #expect(first.message.toolCalls.map(\.input) == [#"{"n":1e2}"#] && first.text == "Hello")
        var second = OpenAIResponses.Accumulator()
        try second.add(events)
        expectSame(try OpenAIResponses.message(from: json(answers[1].message ?? "")), second.message)
        #expect(second.text == "Hello" && second.message.metadata[.responseID] == "resp_1")
    }

    /// OpenAI's own samples, each with results for its calls; others differ from what the client knows.
    private static func samples() throws -> [[ChatMessage]] {
        guard SampleFiles.areThere else { return [] }
        let chats = try OpenAISamples.chat.keys.sorted().filter(isOwn).map {
            try OpenAIChat.message(from: OpenAISamples.data($0))
        }
        let responses = try OpenAISamples.responses.keys.sorted().filter(isOwn).map {
            try OpenAIResponses.message(from: OpenAISamples.data($0))
        }
        return (chats + responses).map { message in
            let answered = message.parts.filter { $0.kind == .toolResult }.map(\.callID)
            // The client's type of a local shell's result names the call by another member than the API does.
            let calls = message.toolCalls.filter { $0.name != "local_shell" && !answered.contains($0.callID) }
            let results = calls.filter { $0.callID != nil }.map {
                MessagePart.toolResult(callID: $0.callID ?? "", output: "[]")
            }
            return [.user("Go on."), message] + (results.isEmpty ? [.user("Well?")] : [.tool(results)])
        }
    }

    private static func isOwn(_ name: String) -> Bool { name.hasPrefix("openai.") || name.hasPrefix("azure__") }
}
