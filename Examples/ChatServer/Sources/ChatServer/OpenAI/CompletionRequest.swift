import ChatStorageCore
import ChatStorageProviders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A request for a completion, as `POST /v1/chat/completions` takes it.
struct CompletionRequest {
    let prompt: Prompt
    let metadata: JSONValue
    /// Unlike OpenAI's server, this one stores what it is not told to forget.
    let isStored: Bool
    let isStreamed: Bool
    let wantsUsage: Bool

    init(_ json: JSONObject, defaultModel: String) throws {
        guard let messages = json["messages"], let elements = messages.elements, !elements.isEmpty else {
            throw APIError.invalid("There are no messages.", at: "messages")
        }
        guard try json.optional("n") ?? 1 == 1 else { throw APIError.invalid("n must be 1.", at: "n") }
        isStored = try json.optional("store") ?? true
        isStreamed = try json.optional("stream") ?? false
        wantsUsage = json["stream_options"]?["include_usage"] == true
        metadata = json["metadata"] ?? [:]
        prompt = Prompt(
            model: try json.optional("model") ?? defaultModel,
            messages: try OpenAIChat.messages(from: Data(messages.text.utf8)),
            tools: try json.optional("tools") ?? [],
            options: json.options([
                "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "tool_choice",
                "response_format", "reasoning_effort", "seed",
            ]))
    }
}
