import ChatStorageCore
import ChatStorageInMemory
import ChatStorageProviders
import Foundation
import Testing

/// The examples of the page on Bedrock, Cohere, Apple, MCP and dialects, as they stand there.
@Suite("The examples of the page on more forms")
struct MoreFormsExamples {
    private let past: [ChatMessage] = [.user("Hi")]

    @Test func dialects() throws {
        let body = try OpenAIChat.body(for: past, .mistral, adding: ["model": "mistral-large-latest"])
        #expect(body.omissions.isEmpty)
    }

    @Test func transcripts() throws {
        let body = FoundationModelsTranscript.body(for: past)
        #expect(try FoundationModelsTranscript.messages(from: body.data).map(\.content) == ["Hi"])
    }

    @Test func results() async throws {
        let chats = InMemoryBackend(roles: .withTools)
        try await chats.prepare()
        let id: ConversationID = "trip"
        let call = MessagePart.toolCall("weather", callID: "call_1", input: "{}")
        let response = json(#"{"content":[{"type":"text","text":"18 degrees"}]}"#)
        try await chats.append(ChatMessage(role: .assistant, parts: [call]), to: id)
        let result = try MCPContent.message(from: response, callID: call.callID ?? "")
        try await chats.append(result, to: id)
        #expect(try await chats.history(of: id).last?.parts.first?.callID == "call_1")
    }
}
