import ChatStorageCore
import ChatStorageInMemory
import Foundation
import Synchronization
import Testing

/// Deletions of many conversations count what they deleted, not what they had listed.
@Suite struct CountedDeletionTests {
    @Test func anErasureCountsWhatWasAppendedMeanwhile() async throws {
        let chats = try await chats { chats, id in
            if id == "1" { try await chats.append([.user("a"), .user("b")], to: "1") }
            if id == "2" { try await chats.append(.user("new"), to: "new") }
        }
        let expected = DeletionCount(conversations: 4, messages: 6, changedMeanwhile: 2)
        #expect(try await chats.eraseTenant("t") == expected)
        #expect(try await chats.tenant("t").conversations(limit: 9) == [])
    }

    @Test func anErasureDoesNotCountWhatOthersDeleted() async throws {
        let chats = try await chats { chats, id in
            if id == "1" { try await chats.deleteConversation("1") }
        }
        let expected = DeletionCount(conversations: 2, messages: 2, changedMeanwhile: 1)
        #expect(try await chats.eraseTenant("t") == expected)
    }

    @Test func anErasureEndsBesideAppendsBeforeEachDeletion() async throws {
        let chats = try await chats(everyTime: true) { chats, id in
            if id == "1" { try await chats.append(.user("again"), to: "1", if: .exists) }
        }
        let count = try await chats.eraseTenant("t")
        #expect(count.conversations == 3 && count.changedMeanwhile == 1)
        #expect(try await chats.tenant("t").conversations(limit: 9) == [])
    }

    @Test(.timeLimit(.minutes(2))) func anErasureEndsIfTheListHasWhatDeletionsDoNotFind() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        for id in ["1", "2"] { try await backend.append(.user("x"), to: ConversationID(id)) }
        // Somebody also writes to it, so it has changed in each walk.
        let chats = InterceptedBackend(backend, interceptor: Keeping(id: "1"))
        await #expect { try await chats.eraseDefaultTenant() } throws: {
            ($0 as? ChatStorageError)?.code == .damaged
        }
        #expect(try await backend.conversations().map(\.id) == ["1"])
    }

    @Test func whatIsNoLongerOldStaysAndWhatStillIsGoes() async throws {
        let chats = try await chats { chats, id in
            if id == "1" { try await chats.append(.user("x"), to: "1") }
            if id == "2" { try await chats.updateConversation("2", .adding(label: "pinned")) }
        }
        let storage = chats.tenant("t")
        let end = try #require(try await storage.conversation("3")).updatedAt
        let soon = Timestamp(microsecondsSinceEpoch: end.microsecondsSinceEpoch + 1)
        let count = try await chats.deleteConversations(ofTenant: "t", updatedBefore: soon, without: ["pinned"])
        #expect(count == DeletionCount(conversations: 1, messages: 1, changedMeanwhile: 2))
        #expect(try await storage.conversations(limit: 9).map(\.id) == ["1", "2"])
        // In the future all are old.
        let all = try await chats.deleteConversations(ofTenant: "t", updatedBefore: .latest)
        #expect(all == DeletionCount(conversations: 2, messages: 3))
    }

    @Test func aTimeInTheFutureTakesWhatIsUpdatedMeanwhileToo() async throws {
        let chats = try await chats { chats, id in
            if id == "1" { try await chats.append(.user("x"), to: "1") }
        }
        let count = try await chats.deleteConversations(ofTenant: "t", updatedBefore: .latest)
        #expect(count == DeletionCount(conversations: 3, messages: 4, changedMeanwhile: 1))
    }

    @Test func countsAreCoded() throws {
        let count = DeletionCount(conversations: 1, messages: 2, changedMeanwhile: 3)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(count)
        #expect(String(decoding: data, as: UTF8.self) == #"{"changed_meanwhile":3,"conversations":1,"messages":2}"#)
        #expect(try JSONDecoder().decode(DeletionCount.self, from: data) == count)
        let older = Data(#"{"conversations":1,"messages":2}"#.utf8)
        #expect(
            try JSONDecoder().decode(DeletionCount.self, from: older) == DeletionCount(conversations: 1, messages: 2))
    }

    /// Three conversations of a message each, to which something happens between being listed and being deleted.
    private func chats(
        everyTime: Bool = false,
        _ change: @escaping @Sendable (any ChatStorage, ConversationID) async throws -> Void
    ) async throws -> InterceptedBackend {
        let time = Mutex<Int64>(1_795_331_871_123_456)
        let backend = InMemoryBackend(clock: {
            time.withLock {
                $0 += 1
                return Timestamp(microsecondsSinceEpoch: $0)
            }
        })
        try await backend.prepare()
        for id in ["1", "2", "3"] { try await backend.tenant("t").append(.user("x"), to: ConversationID(id)) }
        return InterceptedBackend(backend, interceptor: BeforeDeletions(everyTime: everyTime, change: change))
    }
}

/// Does something before a conversation is deleted, the first time or each time.
private final class BeforeDeletions: StorageInterceptor {
    private let everyTime: Bool
    private let change: @Sendable (any ChatStorage, ConversationID) async throws -> Void
    private let seen = Mutex<Set<ConversationID>>([])

    init(everyTime: Bool, change: @escaping @Sendable (any ChatStorage, ConversationID) async throws -> Void) {
        self.everyTime = everyTime
        self.change = change
    }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        if case .deleteConversation(let deletion) = call {
            let isFirst = seen.withLock { $0.insert(deletion.id).inserted }
            if isFirst || everyTime { try await change(base, deletion.id) }
        }
        return try await call.perform(on: base)
    }
}

/// Keeps a conversation: its deletion finds nothing.
private struct Keeping: StorageInterceptor {
    let id: ConversationID

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        if case .deleteConversation(let deletion) = call, deletion.id == id {
            try await base.append(.user("still here"), to: id)
            return .existed(false)
        }
        return try await call.perform(on: base)
    }
}
