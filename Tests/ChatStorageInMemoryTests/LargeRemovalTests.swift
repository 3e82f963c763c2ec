import ChatStorageCore
import Testing

@testable import ChatStorageInMemory

/// Removals from large trees: each message is looked at once, for the store's lock is held meanwhile.
@Suite struct LargeRemovalTests {
    private static let count: Int64 = 20_000

    @Test func aBranchGoesByOneLookAtEachMessage() {
        var log = log { max(0, $0 - 2) }
        var asked: [Int64] = []
        var head: Int64?
        let removed = log.remove("c", head: &head) { sequence, follows in
            asked.append(sequence)
            return sequence == 1 || follows
        }
        #expect(removed == Int(Self.count) / 2 && asked == Array(1...Self.count))
        #expect(log.count == Int(Self.count) / 2 && !log.isBranched && head == nil)
    }

    /// All answers follow the last of a long row of messages that go; afterwards they follow the one before the row.
    @Test("what follows a long row that goes is found by one look at each message")
    func whatFollowsALongRowThatGoes() {
        let last = Self.count / 2
        var log = log { min($0 - 1, last) }
        var asked: [Int64] = []
        var head: Int64? = last
        let removed = log.remove("c", head: &head) { sequence, _ in
            asked.append(sequence)
            return (2...last).contains(sequence)
        }
        #expect(removed == Int(last) - 1 && asked == Array(1...Self.count))
        #expect(log.count == Int(Self.count - last) + 1 && head == 1)
        #expect((last + 1...Self.count).allSatisfy { log.predecessor(of: $0) == 1 })
    }

    @Test func aBranchOfTenThousandMessagesIsRemoved() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        let now = Timestamp.now()
        let messages = (1...Self.count).map { sequence in
            ConversationSnapshot.Message(
                sequence: sequence, body: .user("m"), createdAt: now, predecessor: max(0, sequence - 2))
        }
        try await backend.restoreConversation(
            ConversationSnapshot(id: "c", createdAt: now, updatedAt: now, messages: messages))
        #expect(try await backend.removeMessages(MessageRemoval(.from(1), of: "c")) == 10_000)
        #expect(try await backend.messages(of: "c", limit: 3).map(\.sequence) == [19_996, 19_998, 20_000])
        #expect(try await backend.conversation("c")?.isBranched == false)
    }

    private func log(predecessor: (Int64) -> Int64) -> MessageLog {
        var log = MessageLog()
        log.append(
            (1...Self.count).map { sequence in
                let predecessor = predecessor(sequence)
                return Message(
                    conversationID: "c", sequence: sequence, body: .user("m"), createdAt: .earliest,
                    predecessor: predecessor == sequence - 1 ? nil : predecessor)
            })
        return log
    }
}
