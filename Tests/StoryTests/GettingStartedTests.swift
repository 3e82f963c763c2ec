import ChatStorageCore
import ChatStorageInMemory
import Testing

/// The code of the page on getting started does what the page says.
@Suite struct GettingStartedTests {
    protocol Model: Sendable {
        func answer(to past: [ChatMessage]) async throws -> String
    }

    func answer(
        to question: String, in id: ConversationID, of chats: some ChatStorage, by model: some Model
    ) async throws -> Message {
        try await chats.append(.user(question), to: id)
        let past = try await chats.history(of: id, window: .tokens(60_000))  // what fits the model
        return try await chats.append(.assistant(try await model.answer(to: past)), to: id)
    }

    struct Echo: Model {
        func answer(to past: [ChatMessage]) -> String { "You said: \(past.last?.content ?? "")" }
    }

    @Test func keepsTheAnswer() async throws {
        let chats = InMemoryBackend()
        try await chats.prepare()
        let stored = try await answer(to: "Where is my order?", in: "help", of: chats, by: Echo())
        #expect(stored.sequence == 2 && stored.content == "You said: Where is my order?")
        #expect(try await chats.history(of: "help").map(\.role) == [.user, .assistant])
    }

    private func store(in chats: some ChatStorage) async throws {
        try await chats.getOrCreateConversation("trip", title: "Kyoto")
        try await chats.append([.user("A weekend in Kyoto?"), .assistant("Take the train.")], to: "trip")
    }

    private func show(_ chats: some ChatStorage, print: (Any...) -> Void) async throws {
        for conversation in try await chats.conversations(limit: 20) {
            print(conversation.title ?? "no title", conversation.messageCount)
        }
        for message in try await chats.messages(of: "trip", limit: 20) {
            print(message.sequence, message.role, message.content)
        }
    }

    @Test func showsWhatIsStored() async throws {
        let chats = InMemoryBackend.prepared()
        try await store(in: chats)
        var lines: [String] = []
        try await show(chats) { values in lines.append(values.map { "\($0)" }.joined(separator: " ")) }
        #expect(lines == ["Kyoto 2", "1 user A weekend in Kyoto?", "2 assistant Take the train."])
    }
}
