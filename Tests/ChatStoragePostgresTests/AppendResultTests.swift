import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// The conversation's version that an append gives back, which its statement reads on the way.
@Suite(.timeLimit(.minutes(5))) struct AppendResultTests {
    /// Each caller gets the version after its own messages, as if it had appended alone.
    @Test func callersOfOneStatementGetVersionsOfTheirOwn() async throws {
        try await withBackend({ $0.connections = 2 }) { backend in
            try await backend.createConversation("c0")
            let results = try await withThrowingTaskGroup(of: AppendResult.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await backend.append(
                            NewMessages([.user("a"), .user("b")], to: ConversationID("c\(number % 5)")))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for result in results {
                let last = try #require(result.messages.last)
                let conversation = try #require(await backend.conversation(last.conversationID))
                #expect(
                    result.version
                        == ConversationVersion(createdAt: conversation.createdAt, lastSequence: last.sequence))
            }
            // Messages of one statement share its time; with a statement each there would be 200 times.
            #expect(Set(results.flatMap { $0.messages.map(\.createdAt) }).count < 100)
        }
    }
}
