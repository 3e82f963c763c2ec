import ChatStorageCore
import ChatStorageProviders
import Foundation

/// A chat app's own code: it knows a storage and two providers' APIs, and no backend.
struct ChatApp {
    let chats: any ChatStorage
    /// What posts a body to Anthropic, or to OpenAI, and returns the response's bytes.
    let postToAnthropic: (Data) throws -> Data
    let postToOpenAI: (Data) throws -> Data

    /// A turn with tools: the question, the model's calls, their results, its answer.
    ///
    /// Each append has keys, so a turn that broke off is made again with the same id and stores nothing twice.
    func ask(_ question: String, in id: ConversationID, turn: String) async throws -> Message {
        let start = AppendCondition.create(title: "New chat", labels: ["inbox"])
        try await chats.append(NewMessages([.user(question, key: turn)], to: id, if: start, marksRead: true))
        for step in 1...8 {
            var answer = try AnthropicMessages.message(
                from: postToAnthropic(
                    AnthropicMessages.body(
                        for: try await chats.history(of: id, limit: 100),
                        adding: ["model": "claude-opus-5", "max_tokens": 8_000]
                    ).data))
            answer.key = "\(turn) \(step)"
            let stored = try await chats.append(answer, to: id, if: .exists)
            guard !stored.openToolCalls.isEmpty else { return stored }
            var results = ChatMessage.tool(try stored.openToolCalls.map(run))
            results.key = "\(turn) \(step) results"
            try await chats.append(results, to: id, if: .exists)
        }
        throw TooManySteps()
    }

    struct TooManySteps: Error {}

    private struct Place: Decodable {
        var city: String
    }

    /// Runs a tool; a model's mistake goes back to the model, not to the person.
    private func run(_ call: MessagePart) throws -> MessagePart {
        guard let callID = call.callID else { return .toolResult(callID: "", output: "no id", isError: true) }
        do {
            let place = try call.decodeInput(as: Place.self)
            return .toolResult(callID: callID, output: "21 degrees in \(place.city)", name: call.name)
        } catch {
            return .toolResult(callID: callID, output: "the arguments are not right", name: call.name, isError: true)
        }
    }

    /// The same chat goes on with another provider.
    func askOpenAI(_ question: String, in id: ConversationID) async throws -> (Message, [Omission]) {
        try await chats.append(.user(question), to: id, if: .exists)
        let body = try OpenAIChat.body(for: try await chats.history(of: id, limit: 100), adding: ["model": "gpt-5.5"])
        let answer = try OpenAIChat.message(from: postToOpenAI(body.data))
        return (try await chats.append(answer, to: id, if: .exists), body.omissions)
    }

    /// The sidebar: one call.
    func sidebar() async throws -> [String] {
        let page = try await chats.conversations(ConversationQuery(without: ["archived"], preview: 20))
        return page.items.map { chat in
            let marks = (chat.labels.contains("pinned") ? "*" : "") + (chat.hasUnread ? "•" : "")
            return "\(marks)\(chat.title ?? "") (\(chat.messageCount)): \(chat.preview?.text ?? "")"
        }
    }
}
