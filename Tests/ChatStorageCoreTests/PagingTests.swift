import ChatStorageCore
import Synchronization
import Testing

/// Pages, and the sequences that walk over them, on a storage that only pages.
@Suite struct PagingTests {
    @Test func aPageOfMoreThanItsLimitHasANext() throws {
        let all = (0..<4).map { conversation("\($0)") }
        let page = ConversationPage(all, limit: 3, tenant: "t")
        #expect(page.items == Array(all[..<3]))
        #expect(try page.next?.position(tenant: "t").id == "2")
        #expect(ConversationPage(all, limit: 4, tenant: "t").next == nil)
        #expect(ConversationPage(all, limit: 4, tenant: "t").items == all)
        #expect(ConversationPage(all, limit: 0, tenant: "t") == ConversationPage(items: [], next: nil))
        #expect(ConversationPage([], limit: 5, tenant: "t") == ConversationPage(items: [], next: nil))
    }

    @Test(arguments: [0, 1, 200, 201, 1_000])
    func allConversationsComeOnce(_ count: Int) async throws {
        let storage = PagesOnly(conversations: (0..<count).map { conversation("\($0)") })
        var walked: [Conversation] = []
        for try await conversation in storage.allConversations() { walked.append(conversation) }
        #expect(walked == storage.conversations)
    }

    @Test(arguments: [(5_000, 1), (300, 50_000), (23, 2 << 20)])
    func allMessagesComeOnceInPagesOfBoundedSize(_ count: Int, _ size: Int) async throws {
        let content = String(repeating: "x", count: size)
        let storage = PagesOnly(
            messages: (1...Int64(count)).map {
                Message(conversationID: "c", sequence: $0, role: .user, content: content, createdAt: .earliest)
            })
        var walked = 0
        for try await message in storage.allMessages(of: "c") {
            walked += 1
            #expect(message.sequence == Int64(walked))
        }
        #expect(walked == count)
        let limits = storage.limits.withLock { $0 }
        #expect(limits.allSatisfy { (1...200).contains($0) })
        // After the first page the size is known: a page is of about 1 MiB, or of one message that is larger.
        #expect(limits.count > 1)
        #expect(limits.dropFirst().allSatisfy { $0 == 1 || $0 * size <= 1 << 20 })
        if size == 50_000 { #expect(limits.dropFirst().allSatisfy { $0 * size > 1 << 19 }) }
        // Short messages are read in pages that grow at once to the longest there are.
        if size == 1 { #expect(limits.prefix(3) == [20, 80, 200] && limits.dropFirst(2).allSatisfy { $0 == 200 }) }
    }

    @Test func partsCountInThePagesSize() async throws {
        let output = String(repeating: "x", count: 1 << 20)
        let storage = PagesOnly(
            messages: (1...60).map {
                Message(
                    conversationID: "c", sequence: $0, body: .assistant([.toolResult(callID: "1", output: output)]),
                    createdAt: .earliest)
            })
        var walked = 0
        for try await _ in storage.allMessages(of: "c") { walked += 1 }
        #expect(walked == 60)
        #expect(storage.limits.withLock { $0 }.dropFirst().allSatisfy { $0 == 1 })
    }

    @Test func aWalkCanBeginAfterAnyMessage() async throws {
        let storage = PagesOnly(
            messages: [3, 8, 9].map {
                Message(conversationID: "c", sequence: $0, role: .user, content: "", createdAt: .earliest)
            })
        var walked: [Int64] = []
        for try await message in storage.allMessages(of: "c", after: 3) { walked.append(message.sequence) }
        #expect(walked == [8, 9])
    }

    private func conversation(_ id: String) -> Conversation {
        Conversation(
            id: ConversationID(id), title: nil, createdAt: .earliest, updatedAt: .earliest, lastSequence: 0)
    }
}

/// A storage that knows nothing but how to give pages.
private final class PagesOnly: ChatStorage {
    let conversations: [Conversation]
    let messages: [Message]
    let limits = Mutex<[Int]>([])

    init(conversations: [Conversation] = [], messages: [Message] = []) {
        self.conversations = conversations
        self.messages = messages
    }

    func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        let start = try query.cursor?.position(tenant: "").id
        let first = start.flatMap { id in conversations.firstIndex { $0.id == id } }.map { $0 + 1 } ?? 0
        return ConversationPage(
            Array(conversations[first...].prefix(query.limit + 1)), limit: query.limit, tenant: "")
    }

    func messages(_ query: MessageQuery) async throws -> MessagePage {
        limits.withLock { $0.append(query.limit) }
        guard let sequence = query.position.lowerBound else { throw Unused() }
        return MessagePage(Array(messages.drop { $0.sequence <= sequence }.prefix(query.limit)), for: query)
    }

    private struct Unused: Error {}

    func createConversation(_ new: NewConversation) async throws -> Conversation { throw Unused() }
    func conversation(_ id: ConversationID) async throws -> Conversation? { throw Unused() }
    func updateConversation(_ id: ConversationID, _ change: ConversationChange) async throws -> Conversation? {
        throw Unused()
    }
    func deleteConversation(_ deletion: ConversationDeletion) async throws -> Bool { throw Unused() }
    func reviseMessage(_ revision: MessageRevision) async throws -> Message { throw Unused() }
    func append(_ new: NewMessages) async throws -> AppendResult { throw Unused() }
    func forks(of id: ConversationID) async throws -> [Fork] { throw Unused() }
    func removeMessages(_ removal: MessageRemoval) async throws -> Int { throw Unused() }
    var endingAnswers: EndingAnswers { EndingAnswers() }
    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation { throw Unused() }
}
