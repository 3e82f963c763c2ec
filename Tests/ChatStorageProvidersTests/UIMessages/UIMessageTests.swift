import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

@Suite("The codec of the AI SDK's UI messages")
struct UIMessageTests {
    private static let turn =
        #"{"id":"m1","role":"assistant","parts":[{"type":"step-start"},{"type":"reasoning","text":"Hm","#
        + #""providerMetadata":{"p":{"signature":"Eq=="}}},{"type":"tool-weather","toolCallId":"a","state":"#
        + #""output-available","input":{"city":"Rome","k":1.0},"output":{"t":18.0}},{"type":"dynamic-tool","#
        + #""toolName":"f","toolCallId":"b","state":"output-error","input":{},"errorText":"no"},"#
        + #"{"type":"step-start"},{"type":"text","text":"18 degrees","state":"done"},{"type":"source-url","#
        + #""sourceId":"s","url":"https://e.org","title":"E"},{"type":"data-chart","id":"d","data":[1e2]}]}"#

    /// UI messages of version 5 and of version 4, each an array.
    private static let arrays = [
        turn,
        #"{"id":"m","role":"user","metadata":{"at":1.0},"parts":[{"type":"text","text":"a\/b"},{"type":"file","#
            + #""mediaType":"image/png","filename":"a.png","url":"data:image/png;base64,iVBORw=="}]}"#,
        #"{"parts":[],"role":"assistant","id":"m","new":{}}"#,
        #"{"id":"s","role":"system","parts":[{"type":"text","text":""}]}"#,
        #"{"id":"m","role":"assistant","parts":[{"type":"tool-f","toolCallId":"a","state":"input-streaming"},"#
            + #"{"type":"tool-g","toolCallId":"b","state":"output-available","input":{},"output":null,"#
            + #""providerExecuted":true},{"type":"custom","kind":"a.b"},{"type":"source-document","sourceId":"s","#
            + #""mediaType":"a/b","title":"t"},{"type":"step-start"}]}"#,
        #"{"id":"4","createdAt":"2025-01-01T00:00:00Z","role":"user","content":"Look","experimental_attachments":"#
            + #"[{"name":"a.png","contentType":"image/png","url":"data:image/png;base64,iVBORw=="}]}"#,
        #"{"id":"4","role":"assistant","content":"Done","reasoning":"Hm","toolInvocations":[{"state":"result","step":0,"#
            + #""toolCallId":"a","toolName":"f","args":{"k":1.0},"result":"1"}],"annotations":[{"n":1e2}]}"#,
        #"{"id":"4","role":"assistant","content":"Done","parts":[{"type":"step-start"},{"type":"reasoning","reasoning":"Hm","#
            + #""details":[{"type":"text","text":"Hm","signature":"Eq=="}]},{"type":"tool-invocation","toolInvocation":"#
            + #"{"state":"result","toolCallId":"a","toolName":"f","args":{},"result":{}}},{"type":"step-start"},"#
            + #"{"type":"text","text":"Done"},{"type":"file","mimeType":"image/png","data":"iVBORw=="},"#
            + #"{"type":"source","source":{"sourceType":"url","id":"s","url":"https://e.org"}}]}"#,
    ].map { "[\($0)]" }

    private static func text(_ body: EncodedBody) -> String { String(decoding: body.data, as: UTF8.self) }

    @Test("messages come back byte for byte, after a store and Codable", arguments: arrays)
    func exact(array: String) async throws {
        let read = try await kept(AISDKMessages.messages(from: json(array)))
        let coded = try JSONDecoder().decode([ChatMessage].self, from: JSONEncoder().encode(read))
        #expect(coded == read)
        let body = try AISDKMessages.body(for: coded)
        #expect(Self.text(body) == #"{"messages":\#(array)}"#)
        #expect(body.omissions.isEmpty)
        // Their files' bytes go out and in.
        var taken: [Data] = []
        let without = try AISDKMessages.messages(from: json(array)) { file in
            taken.append(file.data)
            return "app:\(taken.count - 1)"
        }
        #expect(taken.isEmpty == !array.contains("iVBORw=="))
        #expect(without.allSatisfy { !($0.native?.json.text.contains("iVBORw==") ?? false) })
        #expect(Self.text(try AISDKMessages.body(for: without) { _ in taken.first }) == #"{"messages":\#(array)}"#)
    }

    @Test("a turn becomes the assistant's messages and the tools'")
    func turnInSteps() throws {
        let read = try AISDKMessages.messages(from: json(Self.turn))
        #expect(read.map(\.role) == [.assistant, .tool, .assistant])
        #expect(read[0].parts.map(\.kind) == ["step-start", .reasoning, .toolCall, .toolCall])
        #expect(read[0].toolCalls.map(\.input) == [#"{"city":"Rome","k":1.0}"#, "{}"])
        #expect(read[1].parts.map(\.output) == [#"{"t":18.0}"#, "no"])
        #expect(read[1].parts.map(\.isError) == [nil, true])
        #expect(read[2].content == "18 degrees" && read[0].metadata["id"] == "m1")
        #expect(read[0].native == nil && read[0].parts[0].native == nil)
        let old = try AISDKMessages.messages(from: json(Self.arrays[6]))
        #expect(old.map(\.role) == [.assistant, .tool, .assistant])
        #expect(old[0].parts.map(\.kind) == [.reasoning, .toolCall] && old[2].content == "Done")
        // Other providers get calls and results.
        let sent = try elements(of: "messages", in: OpenAIChat.body(for: read))
        #expect(sent.count == 4 && sent[1].contains(#""content":"{\"t\":18.0}""#))
    }

    @Test("edits go out, and leave the other parts as they were")
    func edits() throws {
        var read = try AISDKMessages.messages(from: json(Self.turn))
        read[2].parts[1].text = "19 degrees"
        read[1].parts[0].output = "19"
        let sent = Self.text(try AISDKMessages.body(for: read))
        #expect(sent.contains(#""signature":"Eq==""#) && sent.contains(#"{"type":"text","text":"19 degrees"}"#))
        #expect(sent.contains(#""k":1.0},"output":"19"}"#) && sent.contains(#""id":"m1""#))
        for array in Self.arrays[5...] {
            var read = try AISDKMessages.messages(from: json(array))
            let last = read.count - 1
            read[last].parts[read[last].parts.firstIndex { $0.kind == .text } ?? 0].text = "new"
            let body = try AISDKMessages.body(for: read)
            let message = try JSONFields.parse(elements(of: "messages", in: body)[0].utf8)
            #expect(message.member("id")?.string == "4" && message.member("content") == nil)
            #expect(message.member("parts")?.text.contains(#"{"type":"text","text":"new"}"#) == true)
            #expect(!Self.text(body).contains("Done") && !Self.text(body).contains("Look"))
        }
    }

    @Test("a result that comes later ends its call")
    func laterResult() throws {
        let pending =
            #"[{"id":"m","role":"assistant","parts":[{"type":"tool-f","toolCallId":"a","state":"input-available","#
            + #""input":{},"callProviderMetadata":{"p":{"s":"1"}}}]}]"#
        var chat = try AISDKMessages.messages(from: json(pending))
        chat += [.tool([.toolResult(callID: "a", output: "18")]), .assistant("Warm.")]
        let sent = try elements(of: "messages", in: AISDKMessages.body(for: chat))
        #expect(
            sent == [
                #"{"id":"m","role":"assistant","parts":[{"type":"tool-f","toolCallId":"a","state":"output-available","#
                    + #""input":{},"callProviderMetadata":{"p":{"s":"1"}},"output":"18"},{"type":"step-start"},"#
                    + #"{"type":"text","text":"Warm."}]}"#
            ])
    }

    @Test("other providers' messages become messages of version 5")
    func foreign() throws {
        let chat = try OpenAIConversations.begunWithAnthropic()
        let body = try AISDKMessages.body(for: chat, adding: ["id": "chat"])
        let sent = try elements(of: "messages", in: body)
        #expect(sent.count == 6)
        #expect(sent[1] == #"{"id":"message-2","role":"user","parts":[{"type":"text","text":"Kyoto in May?"}]}"#)
        #expect(
            sent[2] == #"{"id":"msg_01","role":"assistant","parts":[{"type":"step-start"},{"type":"reasoning","text":"#
                + #""Which city?"},{"type":"tool-web_search","toolCallId":"srvtoolu_1","state":"output-available","#
                + #""input":{"query":"Kyoto"},"output":[],"providerExecuted":true},{"type":"text","text":"Let me look."},"#
                + #"{"type":"tool-weather","toolCallId":"toolu_1","state":"output-available","input":"#
                + #"{"city":"Kyoto","k":123456789012345678901234567890},"output":"18C, rain"},{"type":"step-start"},"#
                + #"{"type":"text","text":"18C with rain."}]}"#)
        #expect(sent[4].contains(#""state":"input-available""#))
        #expect(body.omissions.contains { $0.message == 2 && $0.part == 1 })
        #expect(body.omissions.contains { $0.message == 3 && $0.part == 1 })
        // What was written is read again, and written the same.
        let read = try AISDKMessages.messages(from: json("[" + sent.joined(separator: ",") + "]"))
        #expect(try elements(of: "messages", in: AISDKMessages.body(for: read)) == sent)
    }

    @Test("other forms are refused by their member")
    func refused() {
        let forms = [
            ("{}", "messages"), (#"[{"id":"a","parts":[]}]"#, "[0].role"), (#"[{"role":"user"}]"#, "[0].parts"),
            (#"[{"role":"user","parts":[{}]}]"#, "[0].parts[0].type"), ("[7]", "[0]"),
        ]
        for (form, member) in forms {
            let error = #expect(throws: ProviderFormError.self) { try AISDKMessages.messages(from: json(form)) }
            #expect(error?.member == member, "\(form)")
        }
    }

    @Test("samples come back as they were", .enabled(if: SampleFiles.areThere))
    func samples() async throws {
        let old = try JSONFields.parse(SampleFiles.data("datasets_api/vercel+ai__uimessages-v4-dev.json")).elementList
        let new = try JSONFields.parse(SampleFiles.data("datasets_api/vercel+ai__uimessages-v5-dev.json"))
        for array in old + [new] {
            let read = try await kept(AISDKMessages.messages(from: json(array.text)))
            let coded = try JSONDecoder().decode([ChatMessage].self, from: JSONEncoder().encode(read))
            let body = try AISDKMessages.body(for: coded)
            #expect(body.omissions.isEmpty)
            let sent = try elements(of: "messages", in: body)
            #expect(sent.count == array.elementList.count)
            for (one, other) in zip(sent, array.elementList) {
                #expect(NativeRule.isSame(one, other.text), "\(one)")
            }
        }
    }

    // MARK: Streams

    private static let chunks = [
        #"{"type":"start","messageId":"m","messageMetadata":{"a":{"x":1}}}"#, #"{"type":"start-step"}"#,
        #"{"type":"reasoning-start","id":"r"}"#, #"{"type":"reasoning-delta","id":"r","delta":"H"}"#,
        #"{"type":"reasoning-end","id":"r","providerMetadata":{"p":{"s":"Eq=="}}}"#,
        #"{"type":"tool-input-start","toolCallId":"a","toolName":"f"}"#,
        #"{"type":"tool-input-delta","toolCallId":"a","inputTextDelta":"{}"}"#,
        #"{"type":"tool-input-available","toolCallId":"a","toolName":"f","input":{"k":1.0}}"#,
        #"{"type":"tool-output-available","toolCallId":"a","output":{"t":18.0}}"#, #"{"type":"finish-step"}"#,
        #"{"type":"start-step"}"#, #"{"type":"text-start","id":"t"}"#,
        #"{"type":"text-delta","id":"t","delta":"18 \u00e9"}"#, #"{"type":"text-delta","id":"t","delta":"!"}"#,
        #"{"type":"text-end","id":"t"}"#, #"{"type":"data-x","id":"d","data":1}"#,
        #"{"type":"data-x","id":"d","data":2}"#, #"{"type":"data-y","data":1,"transient":true}"#,
        #"{"type":"finish-step"}"#, #"{"type":"finish","messageMetadata":{"a":{"y":2}}}"#,
    ]

    @Test("a stream gives its UI message")
    func stream() throws {
        var answer = AISDKMessages.Accumulator()
        for chunk in Self.chunks {
            #expect(!answer.isComplete)
            try answer.add("data: \(chunk)\n\n")
            #expect(answer.text == answer.messages.map(\.content).filter { !$0.isEmpty }.joined(separator: "\n"))
        }
        try answer.add("data: [DONE]\n\n")
        #expect(answer.isComplete && answer.omissions.isEmpty && answer.text == "18 é!")
        let whole =
            #"{"id":"m","role":"assistant","metadata":{"a":{"x":1,"y":2}},"parts":[{"type":"step-start"},"#
            + #"{"type":"reasoning","id":"r","text":"H","state":"done","providerMetadata":{"p":{"s":"Eq=="}}},"#
            + #"{"type":"tool-f","toolCallId":"a","state":"output-available","input":{"k":1.0},"output":{"t":18.0}},"#
            + #"{"type":"step-start"},{"type":"text","text":"18 \u00e9!","state":"done"},"#
            + #"{"type":"data-x","id":"d","data":2}]}"#
        #expect(try elements(of: "messages", in: AISDKMessages.body(for: answer.messages)) == [whole])
        #expect(throws: ProviderFormError.self) { try answer.add(#"{"type":"error","errorText":"private"}"#) }
        #expect(throws: ProviderFormError.self) { try answer.add(#"{"type":"text-delta","id":"z","delta":""}"#) }
    }

    // MARK: Nonsense

    @Test("nonsense goes back as it came, or is named", arguments: arrays)
    func nonsense(original: String) async throws {
        var random = SplitMix64(seed: UInt64(original.utf8.count))
        for _ in 0..<80 {
            let text = Nonsense.changed(try JSONFields.parse(original.utf8), &random)
            guard let read = try? AISDKMessages.messages(from: json(text)) else { continue }
            guard read.allSatisfy({ RoleSet.withTools.contains($0.role) }) else { continue }
            try await InMemoryBackend.prepared(roles: .withTools).append(read, to: "c")
            let body = try AISDKMessages.body(for: read)
            let array = try JSONFields.parse(text.utf8)
            if body.omissions.isEmpty, array.kind == .array {
                let sent = try elements(of: "messages", in: body)
                #expect(zip(sent, array.elementList).allSatisfy { NativeRule.isSame($0, $1.text) }, "\(text)")
                #expect(sent.count == array.elementList.count)
            }
            _ = try AnthropicMessages.body(for: read)
            _ = try OpenAIResponses.body(for: read)
            _ = try GeminiContents.body(for: read)
            var accumulator = AISDKMessages.Accumulator()
            for chunk in Self.chunks {
                let isChanged = Int.random(in: 0..<6, using: &random) == 0
                try? accumulator.add(isChanged ? Nonsense.changed(JSONFields.parse(chunk.utf8), &random) : chunk)
            }
            try await InMemoryBackend.prepared(roles: .withTools).append(accumulator.messages, to: "d")
        }
    }
}
