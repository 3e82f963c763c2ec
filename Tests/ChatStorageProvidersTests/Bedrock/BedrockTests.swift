import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("Bedrock's Converse API")
struct BedrockTests {
    private static let png = "iVBORw=="
    private static let request = #"""
        {"system":[{"text":"Be brief."},{"cachePoint":{"type":"default"}}],"messages":[\#
        {"role":"user","content":[{"text":"And this?"},{"image":{"format":"png","source":{"bytes":"iVBORw=="}}},\#
        {"document":{"format":"pdf","name":"a","source":{"s3Location":{"uri":"s3://b/a.pdf"}}}},{"cachePoint":{"type":"default"}}]},\#
        {"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm","signature":"Eq=="}}},\#
        {"reasoningContent":{"redactedContent":"AAEC"}},{"text":"Look."},\#
        {"toolUse":{"toolUseId":"tooluse_1","name":"look","input":{"a":1.0,"b":1e2}}}]},\#
        {"role":"user","content":[{"toolResult":{"toolUseId":"tooluse_1","content":[{"text":"seen"},\#
        {"image":{"format":"jpeg","source":{"bytes":"iVBORw=="}}}],"status":"success"}},{"text":"Well?"}]},\#
        {"role":"assistant","content":[{"citationsContent":{"content":[{"text":"So."}],"citations":[\#
        {"title":"T","location":{"web":{"url":"https://e.org"}}}]}}]}]}
        """#

    @Test("reads parts, roles, files and sources")
    func parts() throws {
        let messages = try BedrockConverse.messages(from: json(Self.request))
        #expect(
            messages.map(\.outline) == [
                "system: text, cachePoint", "user: text, file, file, cachePoint",
                "assistant: reasoning, reasoning, text, tool_call(tooluse_1)",
                "tool: tool_result(tooluse_1), file(tooluse_1)", "user: text", "assistant: text, source",
            ])
        #expect(messages[1].parts[1].file == MessageFile(mediaType: "image/png", size: 4))
        #expect(messages[1].parts[2].file?.url == "s3://b/a.pdf")
        #expect(messages[2].parts[3].input == #"{"a":1.0,"b":1e2}"# && messages[2].parts[3].native == nil)
        #expect(messages[3].parts[0].output == "seen" && messages[3].parts[0].isError == false)
        #expect(messages[5].content == "So." && messages[5].parts[1].file?.url == "https://e.org")
    }

    @Test("a request comes back byte for byte, also with its files' bytes taken out and put back")
    func roundTrip() async throws {
        let chat = try await kept(BedrockConverse.messages(from: json(Self.request)))
        let body = try BedrockConverse.body(for: chat)
        #expect(String(decoding: body.data, as: UTF8.self) == Self.request)
        #expect(body.omissions.isEmpty)
        var taken: [Data] = []
        let without = try await kept(
            BedrockConverse.messages(from: json(Self.request)) { file in
                taken.append(file.data)
                return "app:\(taken.count - 1)"
            })
        #expect(
            taken.count == 2
                && !without.contains { $0.parts.contains { $0.native?.json.text.contains(Self.png) == true } })
        let filled = try BedrockConverse.body(for: without) { file in
            file.url.flatMap { Int($0.dropFirst(4)) }.map { taken[$0] }
        }
        #expect(String(decoding: filled.data, as: UTF8.self) == Self.request)
    }

    @Test("an edited part sends its new text, never the old one")
    func edited() throws {
        var chat = try BedrockConverse.messages(from: json(Self.request))
        chat[5].parts[0].text = "No."
        chat[2].parts[0].text = "Edited"
        let body = try BedrockConverse.body(for: chat)
        let sent = String(decoding: body.data, as: UTF8.self)
        #expect(sent.contains(#"{"text":"No."}"#) && !sent.contains("So.") && !sent.contains("Eq=="))
        #expect(
            body.omissions.contains(
                Omission(message: 2, part: 0, reason: "the reasoning is left out: it has no signature of this API")))
    }

    @Test("what the API refuses is left out and named")
    func refused() throws {
        let chat: [ChatMessage] = [
            .developer("Be brief."), .user([.text(" "), .text("Hi")]),
            .assistant([.reasoning("Hm"), .text("One"), .toolCall("f", callID: "functions.f:0", input: "not JSON")]),
            .tool([.toolResult(callID: "functions.f:0", output: "no", isError: true)]),
            .assistant([.text("Two"), .toolCall("f", callID: "b", input: "{}")]), .user("Stop"), .assistant(""),
        ]
        let body = try BedrockConverse.body(for: chat, adding: ["inferenceConfig": ["maxTokens": 5]])
        #expect(
            String(decoding: body.data, as: UTF8.self) == #"""
                {"inferenceConfig":{"maxTokens":5},"system":[{"text":"Be brief."}],"messages":[\#
                {"role":"user","content":[{"text":"Hi"}]},{"role":"assistant","content":[{"text":"One"},\#
                {"toolUse":{"toolUseId":"functions_f_0","name":"f","input":{"INVALID_JSON":"not JSON"}}}]},\#
                {"role":"user","content":[{"toolResult":{"toolUseId":"functions_f_0","content":[{"text":"no"}],"status":"error"}}]},\#
                {"role":"assistant","content":[{"text":"Two"}]},{"role":"user","content":[{"text":"Stop"}]}]}
                """#)
        #expect(
            body.omissions.map { [$0.message ?? -1, $0.part ?? -1] } == [[1, 0], [2, 0], [2, 2], [4, 1], [6, -1]])
        #expect(throws: ProviderFormError.self) { try BedrockConverse.body(for: chat, adding: ["system": "x"]) }
    }

    @Test("files go out with bytes, a place in S3, or not at all")
    func files() throws {
        let files = [
            MessageFile(mediaType: "image/gif", url: "data:image/gif;base64,R0lGODlhAQ=="),
            MessageFile(mediaType: "application/pdf", name: "a/b.pdf", url: "app:1"),
            MessageFile(mediaType: "image/png", url: "s3://b/a.png"),
            MessageFile(mediaType: "image/png", url: "https://e.org"),
            MessageFile(mediaType: "font/ttf", url: "app:1"),
        ]
        let body = try BedrockConverse.body(for: [.user([.text("?")] + files.map(MessagePart.file))]) { file in
            file.url == "app:1" ? Data("abc".utf8) : nil
        }
        let sent = String(decoding: body.data, as: UTF8.self)
        #expect(sent.contains(#"{"image":{"format":"gif","source":{"bytes":"R0lGODlhAQ=="}}}"#))
        #expect(sent.contains(#"{"document":{"format":"pdf","name":"a b pdf","source":{"bytes":"YWJj"}}}"#))
        #expect(sent.contains(#"{"image":{"format":"png","source":{"s3Location":{"uri":"s3://b/a.png"}}}}"#))
        #expect(body.omissions.map(\.part) == [4, 5])
    }

    private static let events = [
        #"{"messageStart":{"role":"assistant"}}"#,
        #"{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"H\u00e9"}}}}"#,
        #"{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"m"}}}}"#,
        #"{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"E\/q=="}}}}"#,
        #"{"contentBlockStop":{"contentBlockIndex":0}}"#,
        #"{"contentBlockDelta":{"contentBlockIndex":1,"delta":{"text":"Lo"}}}"#,
        #"{"contentBlockDelta":{"contentBlockIndex":1,"delta":{"text":"ok."}}}"#,
        #"{"contentBlockStop":{"contentBlockIndex":1}}"#,
        #"{"contentBlockStart":{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}}"#,
        #"{"contentBlockDelta":{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"a\":1"}}}}"#,
        #"{"contentBlockDelta":{"contentBlockIndex":2,"delta":{"toolUse":{"input":".0}"}}}}"#,
        #"{"contentBlockStop":{"contentBlockIndex":2}}"#, #"{"messageStop":{"stopReason":"tool_use"}}"#,
        #"{"metadata":{"usage":{"inputTokens":1},"metrics":{"latencyMs":2}}}"#,
    ]

    @Test("a stream gives what the whole response would")
    func stream() throws {
        var answer = BedrockConverse.Accumulator()
        for event in Self.events { try answer.add(event) }
        let whole = try BedrockConverse.message(
            from: json(
                #"""
                {"output":{"message":{"role":"assistant","content":[\#
                {"reasoningContent":{"reasoningText":{"text":"H\u00e9m","signature":"E\/q=="}}},{"text":"Look."},\#
                {"toolUse":{"toolUseId":"t","name":"f","input":{"a":1.0}}}]}},\#
                "stopReason":"tool_use","usage":{"inputTokens":1},"metrics":{"latencyMs":2}}
                """#))
        #expect(answer.message == whole && answer.isComplete && answer.omissions.isEmpty)
        #expect(answer.text == "Look.")
    }

    @Test("a stream that breaks off keeps what came; a failure is thrown")
    func broken() throws {
        var answer = BedrockConverse.Accumulator()
        for event in Self.events.prefix(10) { try answer.add(event) }
        #expect(answer.message.parts.map(\.kind) == [.reasoning, .text, .toolCall])
        #expect(answer.message.parts[2].input == #"{"a":1"# && !answer.isComplete)
        #expect(throws: ProviderFormError.self) {
            try answer.add(#"{"throttlingException":{"message":"secret"}}"#)
        }
        try answer.add(#"{"somethingNew":{}}"#)
        #expect(answer.omissions.map(\.reason) == ["an event of an unknown kind is left out"])
    }

    @Test("nonsense is refused, or goes back as it came, or is named")
    func fuzz() async throws {
        var random = SplitMix64(seed: 15)
        let whole = try JSONFields.parse(Self.request.utf8)
        let blocks = whole.member("messages")?.elementList.flatMap { $0.member("content")?.elementList ?? [] } ?? []
        var comparedOfTheirKind: Set<String> = []
        for _ in 0..<600 {
            let original = try #require(blocks.randomElement(using: &random))
            let text = Nonsense.changed(try JSONFields.parse(original.text.utf8), &random)
            for role in ["user", "assistant"] {
                let request = Self.request(role, text)
                guard let read = try? BedrockConverse.messages(from: request) else { continue }
                try await InMemoryBackend.prepared(roles: .withTools).append(read, to: "c")
                let isOfItsKind =
                    try read.map(\.outline)
                    == BedrockConverse.messages(from: Self.request(role, original.text)).map(\.outline)
                if try check(read, role, text), isOfItsKind { comparedOfTheirKind.insert(original.text) }
                _ = try BedrockConverse.body(for: BedrockConverse.messages(from: request) { _ in "app:x" })
                _ = try OpenAIChat.body(for: read)
                _ = try AnthropicMessages.body(for: read)
            }
        }
        for block in blocks { #expect(comparedOfTheirKind.contains(block.text), "\(block.text)") }
        for _ in 0..<300 {
            var answer = BedrockConverse.Accumulator()
            for event in Self.events {
                let isChanged = Int.random(in: 0..<5, using: &random) == 0
                try? answer.add(isChanged ? Nonsense.changed(try JSONFields.parse(event.utf8), &random) : event)
            }
            guard RoleSet.withTools.contains(answer.message.role) else { continue }
            try await InMemoryBackend.prepared(roles: .withTools).append([answer.message], to: "c")
            _ = try BedrockConverse.body(for: [.user("Hi"), answer.message])
        }
    }

    private static func request(_ role: String, _ block: String) -> Data {
        json(#"[{"role":"\#(role)","content":[\#(block)]}]"#)
    }

    /// Expects that a block goes out as it was, or that something says why not.
    ///
    /// - Returns: Whether it went out.
    private func check(_ read: [ChatMessage], _ role: String, _ block: String) throws -> Bool {
        var wentOut = false
        // Reasoning must not be the last block.
        for (chat, place) in Nonsense.chats(with: read, ending: [.assistant("end")]) {
            let body = try BedrockConverse.body(for: chat)
            guard body.omissions.isEmpty else { continue }
            var sent: [(role: String?, block: String)] = []
            for text in try elements(of: "messages", in: body) {
                let message = try JSONFields.parse(text.utf8)
                for json in message.member("content")?.elementList ?? [] {
                    sent.append((message.member("role")?.string, json.text))
                }
            }
            #expect(
                sent.count == chat.count - read.count + 1 && sent[place].role == role
                    && NativeRule.isSame(sent[place].block, block), "\(block), message \(place) of \(chat.count)")
            wentOut = true
        }
        return wentOut
    }
}
