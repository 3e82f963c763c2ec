@testable import ReadmeExample
import ChatStorageCore
import ChatStorageInMemory
import Testing

@Test func answersTheQuestion() async throws {
    let chats = InMemoryBackend()
    try await chats.prepare()
    #expect(try await ask("Where is my order?", in: "help", of: chats) == "You said: Where is my order?")
    #expect(try await chats.history(of: "help").map(\.role) == [.user, .assistant])
}
