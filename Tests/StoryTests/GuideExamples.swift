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

    static func metadata(_ chats: any ChatStorage) async throws -> (rating: Int?, colour: JSONValue?) {
        var answer = ChatMessage.assistant("21 degrees.")
        answer.metadata[.model] = "claude-opus-5"
        let stored = try await chats.append(answer, to: "trip")
        try await chats.updateMetadata(of: stored.sequence, .setting(.rating, to: 1), in: "trip")
        try await chats.updateConversation("trip", .metadata(.setting("colour", to: "green").removing("draft")))
        let rating = try await chats.messages(of: "trip").last?.metadata[.rating]  // an Int?
        let colour = try await chats.conversation("trip")?.metadata["colour"]  // a JSONValue?
        return (rating, colour)
    }

    static func pages(_ chats: any ChatStorage) async throws -> ([Message], [Conversation]) {
        var messages = try await chats.messages(MessageQuery(of: "long", limit: 50))  // the newest, in order
        while messages.hasMore, let oldest = messages.items.first {
            messages = try await chats.messages(MessageQuery(of: "long", .before(oldest.sequence), limit: 50))
        }

        var listed = try await chats.conversations(ConversationQuery(limit: 50))
        while let next = listed.next {
            listed = try await chats.conversations(ConversationQuery(after: next, limit: 50))
        }
        return (messages.items, listed.items)
    }

    static func answer(_ chats: any ChatStorage, _ model: ([ChatMessage]) async throws -> String) async throws {
        guard let trip = try await chats.conversation("trip") else { return }
        let answer = try await model(chats.history(of: "trip"))
        try await chats.append(.assistant(answer), to: "trip", if: .unchanged(since: trip))
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
