import ChatStorageCore
import ChatStorageInMemory

/// The code of the guide to parts, metadata and lists, as it stands there.
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
        for call in try await chats.messages(of: "trip").last?.openToolCalls ?? [] {
            let city = try call.decodeInput(as: City.self).city
            let result = MessagePart.toolResult(callID: call.callID ?? "", output: "21 degrees in \(city)")
            try await chats.append(.tool([result]), to: "trip")
        }
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

    static func administration(_ backend: some ChatStorageBackend, since time: Timestamp) async throws {
        for tenant in try await backend.allTenants() {
            try await backend.deleteConversations(ofTenant: tenant.name, updatedBefore: time, without: ["pinned"])
        }
        let erased = try await backend.eraseTenant("user-42")
        print("\(erased.conversations) conversations are gone")
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
