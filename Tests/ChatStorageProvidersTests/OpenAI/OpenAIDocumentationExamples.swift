import ChatStorageCore
import ChatStorageProviders
import Foundation
import Testing

/// The examples of the page on OpenAI's APIs, as they stand there.
@Suite("The examples of the page on OpenAI's APIs")
struct OpenAIDocumentationExamples {
    private let tools = JSONText(written: #"[{"type":"function"}]"#)
    private let past: [ChatMessage] = [
        .user("Hi"), ChatMessage(role: .assistant, parts: [.text("Hello")], metadata: ["response_id": "resp_1"]),
        .user("And?"),
    ]

    private func post(_ body: Data) async throws -> Data {
        let isChat = String(decoding: body, as: UTF8.self).contains(#""messages":"#)
        return json(
            isChat
                ? #"{"choices":[{"message":{"role":"assistant","content":"Yes","reasoning_content":"Hm"}}]}"#
                : #"{"id":"resp_2","output":[{"type":"reasoning","id":"rs_1","encrypted_content":"gAAA","summary":[]}]}"#
        )
    }

    @Test func chat() async throws {
        let body = try OpenAIChat.body(for: past, adding: ["model": "gpt-4.1", "tools": tools])
        let answer = try OpenAIChat.message(from: try await post(body.data))
        #expect(answer.content == "Yes" && answer.native != nil)
        let past = [answer]
        let next = try OpenAIChat.body(for: past, .mistral, adding: ["model": "mistral-large-latest"])
        let sent = try elements(of: "messages", in: next)
        #expect(sent == [#"{"role":"assistant","content":"Yes"}"#])
    }

    @Test func responses() async throws {
        let request: RequestMembers = [
            "model": "gpt-5.4", "store": false, "include": ["reasoning.encrypted_content"], "tools": tools,
        ]
        let response = try await post(OpenAIResponses.body(for: past, adding: request).data)
        #expect(try OpenAIResponses.message(from: response).parts.map(\.kind) == [.reasoning])
        let id = past.last { $0.role == .assistant }?.metadata[.responseID]
        let mode = id.map(OpenAIResponses.Mode.continuing) ?? .whole
        let next = try OpenAIResponses.body(for: past, mode, adding: ["model": "gpt-5.4"])
        #expect(
            String(decoding: next.data, as: UTF8.self)
                == #"{"model":"gpt-5.4","previous_response_id":"resp_1","input":[{"role":"user","content":"And?"}]}"#)
    }

    @Test func calls() throws {
        let answer = ChatMessage.assistant([
            MessagePart(.toolCall, id: "mcp_1", name: "a", input: "{}", output: "x"),
            .toolCall("shell", callID: "b", input: "{}"), .toolResult(callID: "b", output: "y"),
            .toolCall("mine", callID: "c", input: "{}"),
        ])
        let calls = answer.openToolCalls
        #expect(calls.map(\.name) == ["mine"])
    }
}
