import ChatStorageCore
import ChatStorageInMemory

/// The code of the guides to tool calls, to metadata and lists, and to failures, as it stands there.
enum GuideExamples {
    struct City: Decodable {
        var city: String
    }

    static func tools(_ chats: any ChatStorage) async throws {
        try await chats.append(
            [
                .user("How warm is it in Kyoto?"),
                .assistant([.text("One moment."), .toolCall("weather", callID: "1", input: #"{"city": "Kyoto"}"#)]),
            ], to: "trip")
        let calls = try await chats.messages(of: "trip").last?.openToolCalls ?? []
        let results = try calls.map { call in
            let city = try call.decodeInput(as: City.self).city
            return MessagePart.toolResult(callID: call.callID ?? "", output: "21 degrees in \(city)")
        }
        if !results.isEmpty { try await chats.append(.tool(results), to: "trip") }
    }

    static func metadata(_ chats: any ChatStorage) async throws {
        var answer = ChatMessage.assistant("21 degrees.")
        answer.metadata[.model] = "claude-opus-5"
        let stored = try await chats.append(answer, to: "trip")
        try await chats.updateMetadata(of: stored.sequence, .setting(.rating, to: 1), in: "trip")
        try await chats.updateConversation("trip", .metadata(.setting("colour", to: "green").removing("draft")))
    }

    static func sidebar(_ chats: any ChatStorage) async throws -> [Conversation] {
        try await chats.updateConversation("trip", .adding(label: "pinned").titleIfNone("Kyoto").keepingPlace())
        try await chats.updateConversation("trip", .read(through: 3))
        let page = try await chats.conversations(ConversationQuery(without: ["archived"], preview: 120))
        return page.items
    }

    enum Answer {
        case stored, tryAgainLater, gone
    }

    struct Logger {
        func warning(_ message: String) {}
    }

    static func save(
        _ text: String, key messageID: String, in id: ConversationID, of chats: any ChatStorage, _ logger: Logger
    ) async throws -> Answer {
        do {
            try await chats.append(.user(text, key: messageID), to: id, if: .exists, retrying: .standard)
        } catch let error as ChatStorageError where error.isRetryable {
            logger.warning("\(error)")
            return .tryAgainLater  // with the same key: the message is stored once, whatever happened
        } catch let error as ChatStorageError where error.code == .conversationNotFound {
            return .gone
        }
        return .stored
    }

    static func preview() -> any ChatStorage {
        let chats = InMemoryBackend.prepared(with: [
            .init("trip", title: "Kyoto", [.user("Hi"), .assistant("Hello")])
        ])
        return chats
    }
}

extension MetadataKey<Int> {
    static let rating = MetadataKey("rating")
}
