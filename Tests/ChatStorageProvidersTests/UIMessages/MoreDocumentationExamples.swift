import ChatStorageCore
import ChatStorageProviders
import Foundation
import Testing

/// The examples of the pages on Gemini and on UI messages, as they stand there.
@Suite("The examples of the pages on Gemini and on UI messages")
struct MoreDocumentationExamples {
    private let tools = JSONText(written: #"[{"functionDeclarations":[]}]"#)

    private func post(_ body: Data) async throws -> Data {
        json(#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}],"responseId":"r"}"#)
    }

    @Test func gemini() async throws {
        let past: [ChatMessage] = [.user("Hi")]
        let body = try GeminiContents.body(for: past, adding: ["tools": tools])
        let answer = try GeminiContents.message(from: try await post(body.data))
        let results = answer.openToolCalls.map { call in
            MessagePart.toolResult(callID: call.callID ?? "", output: "18")
        }
        #expect(results.map(\.callID) == ["call_r_0"])
        let older = try GeminiContents.body(for: past, signingForeignCalls: false)
        #expect(older.omissions.isEmpty)
    }

    @Test func pages() throws {
        let request = json(#"{"id":"c","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":"Hi"}]}]}"#)
        let past = try AISDKMessages.messages(from: request)
        let page = try AISDKMessages.body(for: past)
        #expect(page.omissions.isEmpty)
        let next = try AnthropicMessages.body(for: past, adding: ["model": "claude-opus-5", "max_tokens": 8_000])
        #expect(next.omissions.isEmpty)
        let lines = [#"data: {"type":"text-start","id":"t"}"#, #"data: {"type":"text-delta","id":"t","delta":"Hi"}"#]
        var answer = AISDKMessages.Accumulator()
        for line in lines { try answer.add(line) }
        let turn = answer.messages
        #expect(turn.map(\.content) == ["Hi"])
    }
}
