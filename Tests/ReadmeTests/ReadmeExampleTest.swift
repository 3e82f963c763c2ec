@testable import ReadmeExample
import ChatStorageCore
import ChatStorageInMemory
import Testing

@Test func keepsTheAnswer() async throws {
    let chats = InMemoryBackend()
    try await chats.prepare()
    let answer = try await ask("Where is my order?", in: "help", of: chats)
    #expect(answer.content == "You said: Where is my order?" && answer.state == .complete)
    #expect(try await chats.history(of: "help").map(\.role) == [.user, .assistant])
}
