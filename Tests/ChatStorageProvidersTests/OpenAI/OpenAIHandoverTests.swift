import ChatStorageCore
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

@Suite("A chat that goes on with another API")
struct OpenAIHandoverTests {
    private static let arguments = #""{\"city\":\"Kyoto\",\"k\":123456789012345678901234567890}""#

    @Test("from Anthropic to Chat Completions")
    func toChat() async throws {
        let body = try OpenAIChat.body(for: try await kept(OpenAIConversations.begunWithAnthropic()))
        #expect(
            try elements(of: "messages", in: body) == [
                #"{"role":"system","content":"Be brief."}"#, #"{"role":"user","content":"Kyoto in May?"}"#,
                #"""
                {"role":"assistant","content":"Let me look.","tool_calls":[{"id":"toolu_1",\#
                "type":"function","function":{"name":"weather","arguments":\#(Self.arguments)}}]}
                """#,
                #"{"role":"tool","tool_call_id":"toolu_1","content":"18C, rain"}"#,
                #"{"role":"assistant","content":"18C with rain."}"#, #"{"role":"user","content":"And June?"}"#,
                #"{"role":"user","content":"Never mind."}"#,
            ])
        let places = body.omissions.map { [$0.message ?? -1, $0.part ?? -1] }
        #expect(places == [[2, 0], [2, 1], [2, 2], [2, 3], [3, 1], [6, 0], [6, 1], [6, -1]])
    }

    @Test("from Anthropic to Responses")
    func toResponses() async throws {
        let body = try OpenAIResponses.body(for: try await kept(OpenAIConversations.begunWithAnthropic()))
        #expect(
            try elements(of: "input", in: body) == [
                #"{"role":"system","content":"Be brief."}"#, #"{"role":"user","content":"Kyoto in May?"}"#,
                #"{"role":"assistant","content":"Let me look."}"#,
                #"{"type":"function_call","call_id":"toolu_1","name":"weather","arguments":\#(Self.arguments)}"#,
                #"""
                {"type":"function_call_output","call_id":"toolu_1","output":[{"type":"input_text",\#
                "text":"18C, rain"},{"type":"input_image","image_url":"https://x.org/map.png",\#
                "detail":"auto"}]}
                """#,
                #"{"role":"assistant","content":"18C with rain."}"#, #"{"role":"user","content":"And June?"}"#,
                #"{"role":"user","content":"Never mind."}"#,
            ])
        let places = body.omissions.map { [$0.message ?? -1, $0.part ?? -1] }
        #expect(places == [[2, 0], [2, 1], [2, 2], [2, 3], [6, 0], [6, 1], [6, -1]])
    }

    @Test("from one of OpenAI's APIs to the other, custom tools too")
    func between() throws {
        let chat =
            #"""
            [{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"custom",\#
            "custom":{"name":"sql","input":"SELECT 1"}},{"id":"b","type":"function",\#
            "function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a",\#
            "content":"1"},{"role":"tool","tool_call_id":"b","content":"2"}]
            """#
        let items = [
            #"{"type":"custom_tool_call","call_id":"a","name":"sql","input":"SELECT 1"}"#,
            #"{"type":"function_call","call_id":"b","name":"f","arguments":"{}"}"#,
            #"{"type":"custom_tool_call_output","call_id":"a","output":"1"}"#,
            #"{"type":"function_call_output","call_id":"b","output":"2"}"#,
        ]
        let there = try OpenAIResponses.body(for: OpenAIChat.messages(from: json(chat)))
        #expect(try elements(of: "input", in: there) == items)
        #expect(
            there.omissions == [
                Omission(message: 0, reason: "the message's native JSON (openai.chat) is left out; its parts are sent")
            ])
        let back = try OpenAIChat.body(
            for: OpenAIResponses.messages(from: json("[" + items.joined(separator: ",") + "]")))
        #expect("[" + (try elements(of: "messages", in: back)).joined(separator: ",") + "]" == chat)
    }

    @Test(
        "every sample, to the other APIs: what is left out is named", .enabled(if: SampleFiles.areThere),
        arguments: OpenAISamples.chat.keys.sorted() + OpenAISamples.responses.keys.sorted())
    func samples(name: String) throws {
        let data = try OpenAISamples.data(name)
        let isChat = OpenAISamples.chat[name] != nil
        let message = isChat ? try OpenAIChat.message(from: data) : try OpenAIResponses.message(from: data)
        let answered = message.parts.filter { $0.kind == .toolResult }.map(\.callID)
        let results = message.toolCalls.filter { $0.callID != nil && !answered.contains($0.callID) }.map { call in
            MessagePart.toolResult(callID: call.callID ?? "", output: "[]")
        }
        let chat = [.user("Go on."), message] + (results.isEmpty ? [.user("Well?")] : [.tool(results)])
        for (body, member) in [
            (try OpenAIChat.body(for: chat), "messages"), (try OpenAIResponses.body(for: chat), "input"),
        ] {
            let sent = try elements(of: member, in: body).joined()
            for (place, part) in message.parts.enumerated() {
                let isNamed = body.omissions.contains { $0.message == 1 && $0.part == place }
                let texts = [part.text, part.input, part.output].compactMap(\.self).filter { !$0.isEmpty }
                let isSent =
                    !texts.isEmpty
                    && texts.allSatisfy { sent.contains(JSONPatch.string($0).dropFirst().dropLast()) }
                let isThere =
                    part.native.map { sent.contains($0.json.text) } ?? false
                    || message.native.map { sent.contains($0.json.text) } ?? false
                // A source is in the item of its text, and that item's native JSON was sent.
                let isSource =
                    part.kind == .source
                    && message.parts[..<place].contains { $0.native.map { sent.contains($0.json.text) } ?? false }
                #expect(isNamed || isSent || isThere || isSource, "part \(place) of the kind \(part.kind)")
            }
        }
    }
}
