@testable import ReadmeExample
import ChatStorageCore
import ChatStorageInMemory
import Testing

@Test func countsTheQuestions() async throws {
    let chats = InMemoryBackend()
    try await chats.prepare()
    #expect(try await ask("Where is my order?", in: "help", of: chats) == "That was question 1.")
    #expect(try await ask("And the other one?", in: "help", of: chats) == "That was question 2.")
    #expect(try await chats.history(of: "help").map(\.role) == [.user, .assistant, .user, .assistant])
}
