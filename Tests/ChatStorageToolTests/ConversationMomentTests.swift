import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import Testing

@testable import chatstorage

@Suite("A conversation as it is shown, beside those who write")
struct ConversationMomentTests {
    @Test("what is appended meanwhile is left out whole", arguments: [nil, 3, 20, 1_000])
    func appends(limit: Int?) async throws {
        for interferer in Interferer.Moment.all {
            let chats = try await chats(after: interferer) { try await $0.append(.user("later"), to: "c") }
            let moment = try #require(try await ConversationMoment.read("c", limit: limit, from: chats))
            try expectOneMoment(moment, limit: limit)
            #expect(moment.conversation.lastSequence == (interferer == .beforeAnything ? 451 : 450))
        }
    }

    @Test("a conversation that is cleared meanwhile is shown after it", arguments: [nil, 3])
    func clears(limit: Int?) async throws {
        for interferer in Interferer.Moment.all {
            let chats = try await chats(after: interferer) { chats in
                try await chats.clearMessages(of: "c")
                try await chats.append([.user("new"), .user("newer")], to: "c")
            }
            let moment = try #require(try await ConversationMoment.read("c", limit: limit, from: chats))
            try expectOneMoment(moment, limit: limit)
            #expect(moment.messages.map(\.sequence) == [451, 452])
        }
    }

    @Test("so is one that is made again; one that is deleted is not there", arguments: [nil, 3])
    func deletions(limit: Int?) async throws {
        for interferer in Interferer.Moment.all {
            let again = try await chats(after: interferer) { chats in
                try await chats.deleteConversation("c")
                try await chats.append(.user("new"), to: "c")
            }
            let moment = try #require(try await ConversationMoment.read("c", limit: limit, from: again))
            try expectOneMoment(moment, limit: limit)
            #expect(moment.messages.map(\.content) == ["new"])
            let gone = try await chats(after: interferer) { try await $0.deleteConversation("c") }
            #expect(try await ConversationMoment.read("c", limit: limit, from: gone) == nil)
        }
    }

    @Test("one that is cleared each time ends with an error, and is not read for ever")
    func hopeless() async throws {
        let chats = try await chats(after: .everyCall) { chats in
            try await chats.append(.user("x"), to: "c")
            try await chats.clearMessages(of: "c")
        }
        await #expect(throws: Failure.self) { try await ConversationMoment.read("c", limit: nil, from: chats) }
    }

    /// The parts must agree as they have to in an archive.
    private func expectOneMoment(_ moment: ConversationMoment, limit: Int?) throws {
        let (conversation, messages) = (moment.conversation, moment.messages)
        #expect(messages.count == min(limit ?? .max, conversation.messageCount))
        #expect(messages.last?.sequence == conversation.lastSequence)
        #expect(messages.last?.createdAt == conversation.updatedAt)
    }

    /// A conversation of several pages, which somebody changes at a moment of its reading.
    private func chats(
        after moment: Interferer.Moment, _ change: @escaping @Sendable (any ChatStorage) async throws -> Void
    ) async throws -> any ChatStorage {
        let time = Mutex<Int64>(1_795_331_871_123_456)
        let backend = InMemoryBackend(clock: {
            time.withLock {
                $0 += 1
                return Timestamp(microsecondsSinceEpoch: $0)
            }
        })
        try await backend.prepare()
        try await backend.append((1...450).map { .user("\($0)") }, to: "c")
        return InterceptedBackend(backend, interceptor: Interferer(moment, change))
    }
}

/// Changes a storage before or after some of the calls that read it.
private final class Interferer: StorageInterceptor {
    enum Moment: Equatable, Sendable {
        case beforeAnything
        /// After so many calls.
        case after(Int)
        case everyCall

        static let all: [Moment] = [.beforeAnything, .after(1), .after(2)]
    }

    private let moment: Moment
    private let change: @Sendable (any ChatStorage) async throws -> Void
    private let calls = Mutex(0)

    init(_ moment: Moment, _ change: @escaping @Sendable (any ChatStorage) async throws -> Void) {
        self.moment = moment
        self.change = change
    }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        let number = calls.withLock { calls in
            calls += 1
            return calls
        }
        if moment == .beforeAnything, number == 1 { try await change(base) }
        let reply = try await call.perform(on: base)
        if moment == .everyCall || moment == .after(number) { try await change(base) }
        return reply
    }

    func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {
        try await base.prepare(preparation)
    }

    func close(_ base: any ChatStorageBackend) async throws { try await base.close() }
}
