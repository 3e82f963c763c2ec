import ChatStorageCore
import ChatStorageInMemory
import Foundation
import Synchronization
import Testing

/// What only the in-memory backend has: a clock, conversations to start with.
@Suite struct InMemoryBackendTests {
    private static func time(_ text: String) throws -> Timestamp {
        try #require(Timestamp(text))
    }

    @Test func theClockIsTheTests() async throws {
        let noon = try Self.time("2026-01-01T12:00:00Z")
        let clock = Mutex(noon)
        let backend = InMemoryBackend { clock.withLock { $0 } }
        try await backend.prepare()
        #expect(try await backend.append(.user("first"), to: "c").createdAt == noon)
        // A clock that steps back does not take a conversation's times back.
        clock.withLock { $0 = Timestamp(microsecondsSinceEpoch: 0) }
        #expect(try await backend.append(.user("second"), to: "c").createdAt == noon)
        #expect(try await backend.conversation("c")?.updatedAt == noon)
        #expect(try await backend.createConversation("d").createdAt == Timestamp(microsecondsSinceEpoch: 0))
        clock.withLock { $0 = Timestamp(microsecondsSinceEpoch: .max) }
        #expect(try await backend.createConversation("e").createdAt == .latest)
    }

    @Test func aPreparedStoreReadsAllRolesAndTakesItsOwn() async throws {
        let tool = ChatMessage.tool([.toolResult(callID: "1", output: "18")])
        let given: [ConversationSnapshot] = [
            .init("plain", [.user("Hi")]), .init("tools", [.user("Hi"), tool]),
            .init("other", [ChatMessage(role: Role(rawValue: "narrator"), content: "Night falls.")]),
        ]
        let plain = InMemoryBackend.prepared(with: given)
        #expect(try await plain.history(of: "tools") == [.user("Hi"), tool])
        #expect(try await plain.conversation("other") == nil)
        // As on any other backend that was opened without a word about roles.
        let error = await #expect(throws: ChatStorageError.self) { try await plain.append(tool, to: "plain") }
        #expect(error?.code == .invalidRole)
        let wide = InMemoryBackend.prepared(with: given, roles: .withTools)
        #expect(try await wide.append(tool, to: "plain").sequence == 2)
    }

    @Test func startsWithTheConversationsGiven() async throws {
        let time = try Self.time("2020-02-29T00:00:00Z")
        let snapshot = ConversationSnapshot(
            id: "old", title: "From before", createdAt: time, updatedAt: time, lastSequence: 7,
            messages: [.init(sequence: 3, role: .user, content: "hello", createdAt: time)])
        let backend = try InMemoryBackend(InMemoryBackend.Configuration(conversations: [snapshot]))
        await #expect(throws: ChatStorageError.self) { try await backend.conversation("old") }
        try await backend.prepare()
        #expect(try await backend.conversation("old") == snapshot.conversation)
        #expect(try await backend.messages(of: "old").map(\.sequence) == [3])
        #expect(try await backend.append(.assistant("hi"), to: "old").sequence == 8)
        #expect(try await backend.tenant("somebody").conversation("old") == nil)
    }

    @Test func conversationsThatCannotBeStoredAreRefused() throws {
        let snapshot = ConversationSnapshot(id: "", createdAt: .earliest, updatedAt: .latest)
        #expect(throws: ChatStorageError.self) {
            try InMemoryBackend(InMemoryBackend.Configuration(conversations: [snapshot]))
        }
        let twice = ConversationSnapshot(id: "twice", createdAt: .earliest, updatedAt: .latest)
        #expect(throws: ChatStorageError.self) {
            try InMemoryBackend(InMemoryBackend.Configuration(conversations: [twice, twice]))
        }
    }

    @Test func opensOnlyItsOwnURL() throws {
        _ = try InMemoryBackend(url: "memory:")
        #expect(throws: ChatStorageError.self) { try InMemoryBackend(url: "sqlite:chat.db") }
    }

    @Test @MainActor func noWorkIsDoneOnTheCallersActor() async throws {
        let onMain = Mutex(false)
        let backend = InMemoryBackend {
            if Thread.isMainThread { onMain.withLock { $0 = true } }
            return .now()
        }
        try await backend.prepare()
        try await backend.append(.user("hello"), to: "c")
        #expect(!onMain.withLock { $0 })
    }
}
