import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("Cohere's Chat API")
struct CohereTests {
    private static let chat = [
        #"{"role":"user","content":"Warm?"}"#,
        #"{"role":"assistant","tool_plan":"I look.","tool_calls":[{"id":"w_1","type":"function","function":{"name":"w","arguments":"{}"}}]}"#,
        #"{"role":"tool","tool_call_id":"w_1","content":[{"type":"document","document":{"data":"18"}},{"type":"document","document":{"data":"19"}}]}"#,
        #"{"role":"assistant","content":[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"18."}],"citations":[{"start":0,"end":2,"text":"18","sources":[{"type":"tool","id":"w_1:0"},{"type":"document","id":"d","document":{"title":"T","url":"https://e.org"}}]}]}"#,
    ]
    private static var array: String { "[" + chat.joined(separator: ",") + "]" }

    @Test("reads plans, thoughts, citations and documents")
    func parts() throws {
        let messages = try CohereChat.messages(from: json(Self.array))
        #expect(
            messages.map(\.outline) == [
                "user: text", "assistant: reasoning, tool_call(w_1)", "tool: tool_result(w_1)",
                "assistant: reasoning, text, source, source",
            ])
        #expect(messages[1].parts[0].text == "I look." && messages[2].parts[0].output == "18\n19")
        #expect(messages[3].parts[3].file == MessageFile(url: "https://e.org", id: "d"))
        #expect(messages[1].native?.format == "cohere.chat" && messages[0].native == nil)
    }

    @Test("its messages come back byte for byte; an edited one says what it says now")
    func roundTrip() async throws {
        var messages = try await kept(CohereChat.messages(from: json(Self.array)))
        let body = try CohereChat.body(for: messages)
        #expect(try elements(of: "messages", in: body) == Self.chat && body.omissions.isEmpty)
        messages[3].parts[1].text = "20."
        let edited = try CohereChat.body(for: messages)
        #expect(
            try elements(of: "messages", in: edited).last
                == #"{"role":"assistant","content":[{"type":"text","text":"20."}]}"#)
        #expect(edited.omissions.allSatisfy { $0.message == 3 } && edited.omissions.count == 3)
    }

    @Test("others' messages in its words")
    func foreign() throws {
        let chat: [ChatMessage] = [
            .developer("Be brief."),
            .user([.text("?"), .file(MessageFile(mediaType: "image/png", url: "https://e.org/a.png"))]),
            .assistant([.text("One"), .toolCall("f", callID: "a", input: "{}")]),
            .tool([.toolResult(callID: "a", output: "1")]), .assistant([MessagePart(.refusal, text: "No.")]),
            .assistant([MessagePart(.toolCall, name: "g", input: "{}")]),
            .tool([MessagePart(.toolResult, name: "g", output: "2")]),
        ]
        let body = try CohereChat.body(for: chat, adding: ["model": "m"])
        #expect(
            try elements(of: "messages", in: body) == [
                #"{"role":"system","content":"Be brief."}"#,
                #"{"role":"user","content":[{"type":"text","text":"?"},{"type":"image_url","image_url":{"url":"https://e.org/a.png"}}]}"#,
                #"{"role":"assistant","content":[{"type":"text","text":"One"}],"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}"#,
                #"{"role":"tool","tool_call_id":"a","content":"1"}"#,
                #"{"role":"assistant","content":[{"type":"text","text":"No."}]}"#,
            ])
        #expect(body.omissions.map { $0.message ?? -1 } == [5, 5, 6, 6])
        let there = try OpenAIChat.body(for: CohereChat.messages(from: json(Self.array)), .openAI)
        #expect(!String(decoding: there.data, as: UTF8.self).contains("tool_plan"))
        #expect(there.omissions.contains { $0.reason.contains("(cohere.chat)") })
    }

    @Test("errors are refused")
    func errors() {
        for text in [#"{"message":"no such model"}"#, "[]", "{}", #"{"id":"1","message":null}"#] {
            #expect(throws: ProviderFormError.self) { try CohereChat.message(from: json(text)) }
        }
    }

    private static let events = [
        #"{"type":"message-start","id":"i","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#,
        #"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I "}}}"#,
        #"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"look."}}}"#,
        #"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"w_1","type":"function","function":{"name":"w","arguments":""}}}}}"#,
        #"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"a\""}}}}}"#,
        #"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":":1}"}}}}}"#,
        #"{"type":"tool-call-end","index":0}"#,
        #"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
        #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"18"}}}}"#,
        #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"."}}}}"#,
        #"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":2,"text":"18","sources":[]}}}}"#,
        #"{"type":"citation-end","index":0}"#, #"{"type":"content-end","index":0}"#,
        #"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":1}}}}"#,
    ]

    @Test("a stream gives what the whole response would")
    func stream() throws {
        var answer = CohereChat.Accumulator()
        for event in Self.events.dropLast() {
            try answer.add("event: x\ndata: \(event)\n\n")
            #expect(!answer.isComplete)
        }
        #expect(answer.text == "18." && answer.message.parts.map(\.kind) == [.reasoning, .text, .toolCall])
        try answer.add(Self.events[Self.events.count - 1])
        let whole = try CohereChat.message(
            from: json(
                #"""
                {"id":"i","message":{"role":"assistant","content":[{"type":"text","text":"18."}],"tool_plan":"I look.",\#
                "tool_calls":[{"id":"w_1","type":"function","function":{"name":"w","arguments":"{\"a\":1}"}}],\#
                "citations":[{"start":0,"end":2,"text":"18","sources":[]}]},"finish_reason":"COMPLETE",\#
                "usage":{"tokens":{"input_tokens":1}}}
                """#))
        #expect(answer.message == whole && answer.isComplete && answer.omissions.isEmpty)
    }

    @Test("nonsense is refused, or goes back but for unknown empty members, or is named")
    func fuzz() async throws {
        var random = SplitMix64(seed: 16)
        var comparedOfTheirKind: Set<String> = []
        for _ in 0..<600 {
            let original = try #require(Self.chat.randomElement(using: &random))
            let text = Nonsense.changed(try JSONFields.parse(original.utf8), &random)
            guard let read = try? CohereChat.messages(from: json("[\(text)]")) else { continue }
            let isOfItsKind =
                try read.map(\.outline) == CohereChat.messages(from: json("[\(original)]")).map(\.outline)
            for (chat, place) in Nonsense.chats(with: read) {
                let body = try CohereChat.body(for: chat)
                let sent = try elements(of: "messages", in: body)
                #expect(!sent.isEmpty || !body.omissions.isEmpty)
                guard body.omissions.isEmpty, !text.contains(/"x\d+": (null|""|\[\]|\{\})/) else { continue }
                #expect(sent.count == chat.count && NativeRule.isSame(sent[place], text), "\(text)")
                if isOfItsKind { comparedOfTheirKind.insert(original) }
            }
            _ = try OpenAIChat.body(for: read)
            if let role = read.first?.role, RoleSet.withTools.contains(role) {
                try await InMemoryBackend.prepared(roles: .withTools).append(read, to: "c")
            }
        }
        for message in Self.chat { #expect(comparedOfTheirKind.contains(message), "\(message)") }
        for _ in 0..<300 {
            var answer = CohereChat.Accumulator()
            for event in Self.events {
                let isChanged = Int.random(in: 0..<5, using: &random) == 0
                try? answer.add(isChanged ? Nonsense.changed(try JSONFields.parse(event.utf8), &random) : event)
            }
            try await InMemoryBackend.prepared(roles: .withTools).append([answer.message], to: "c")
        }
    }
}
