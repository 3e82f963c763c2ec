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

    @Test(
        "a conversation made again meanwhile is shown as the new one; a deleted one is not there", arguments: [nil, 3])
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

    @Test(
        "a branch or a moved head meanwhile does not change what is shown", arguments: [nil, 3, 1_000])
    func branches(limit: Int?) async throws {
        for isBranched in [false, true] {
            for interferer in [1, 2, 3].map(Interferer.Moment.after) {
                for change in Self.branchings {
                    let quiet = try await chats(after: .never, isBranched: isBranched) { _ in }
                    let expected = try #require(
                        try await ConversationMoment.read("c", limit: limit, withForks: true, from: quiet))
                    let chats = try await chats(after: interferer, isBranched: isBranched, change)
                    let moment = try #require(
                        try await ConversationMoment.read("c", limit: limit, withForks: true, from: chats))
                    #expect(moment.conversation == expected.conversation)
                    #expect(moment.messages == expected.messages)
                    #expect(moment.isCut == expected.isCut)
                    #expect(
                        moment.forks.map(\.after) == expected.forks.map(\.after), "\(interferer)")
                    #expect(
                        moment.forks.map { $0.successors.map(\.sequence) }
                            == expected.forks.map { $0.successors.map(\.sequence) })
                }
            }
        }
    }

    private static let branchings: [@Sendable (any ChatStorage) async throws -> Void] = [
        { try await $0.append(.user("edited"), to: "c", .insteadOf(2)) },
        { try await $0.append(.user("beside"), to: "c", .after(0)) },
        { try await $0.append(.user("on"), to: "c") },
        { try await $0.updateConversation("c", .head(5)) },
    ]

    @Test("a conversation that loses messages meanwhile is shown without them", arguments: [nil, 3])
    func removals(limit: Int?) async throws {
        for isBranched in [false, true] {
            for interferer in [1, 2].map(Interferer.Moment.after) {
                let chats = try await chats(after: interferer, isBranched: isBranched) { chats in
                    let newest = try await chats.messages(of: "c", limit: 1)[0].sequence
                    try await chats.removeMessages([2, newest], of: "c")
                }
                let moment = try #require(try await ConversationMoment.read("c", limit: limit, from: chats))
                let now = try #require(try await chats.conversation("c"))
                #expect(moment.conversation == now)
                #expect(
                    moment.messages == (try await chats.messages(of: "c", limit: limit ?? .max)), "\(interferer)")
            }
        }
    }

    @Test("the path to any message is shown, and all branches; what is not there is said")
    func paths() async throws {
        let chats = try await chats(after: .never, isBranched: true) { _ in }
        func sequences(_ path: MessageQuery.Path, limit: Int? = nil) async throws -> ([Int64], Bool) {
            let moment = try await ConversationMoment.read("c", on: path, limit: limit, from: chats)
            return (try #require(moment).messages.map(\.sequence), try #require(moment).isCut)
        }
        #expect(try await sequences(.current) == ([1, 2, 451, 452], false))
        #expect(try await sequences(.current, limit: 4) == ([1, 2, 451, 452], false))
        #expect(try await sequences(.current, limit: 3) == ([2, 451, 452], true))
        #expect(try await sequences(.through(3)) == ([1, 2, 3], false))
        #expect(try await sequences(.through(3), limit: 2) == ([2, 3], true))
        #expect(try await sequences(.all) == (Array(1...452), false))
        for missing in [453, 999] as [Int64] {
            await #expect(throws: Failure.self) { try await sequences(.through(missing)) }
        }
        try await chats.removeMessages([3], of: "c")
        await #expect(throws: Failure.self) { try await sequences(.through(3)) }
        #expect(try await sequences(.through(4)) == ([1, 2, 4], false))
        try await chats.updateConversation("c", .head(0))
        #expect(try await sequences(.current) == ([], false))
    }

    @Test("with 10,000 forks, the forks are read once, and hardly more messages than are shown")
    func forks() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        var snapshot = ConversationSnapshot("c", (1...20_001).map { .user("\($0)") })
        for number in stride(from: 3, through: 20_001, by: 2) {
            snapshot.messages[number - 1].predecessor = Int64(number - 2)
        }
        try await backend.restoreConversation(snapshot)
        for (limit, read) in [(20, 22), (nil, 10_002)] as [(Int?, Int)] {
            let counter = ReadCounter()
            let chats = InterceptedBackend(backend, interceptor: counter)
            let moment = try #require(
                try await ConversationMoment.read("c", limit: limit, withForks: true, from: chats))
            #expect(moment.messages.map(\.sequence).suffix(3) == [19_997, 19_999, 20_001])
            #expect(moment.messages.count == limit ?? 10_001 && moment.forks.count == 10_000)
            #expect(VersionMark.marks(of: moment.messages, in: moment.forks).count == min(limit ?? 10_000, 10_000))
            #expect(counter.count.withLock { $0 } == (messages: read, forks: 1))
        }
    }

    @Test("reading a conversation that is cleared every time ends with an error")
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
    ///
    /// - Parameter isBranched: Whether another message replaced its third one, and the conversation went on from there.
    private func chats(
        after moment: Interferer.Moment, isBranched: Bool = false,
        _ change: @escaping @Sendable (any ChatStorage) async throws -> Void
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
        if isBranched {
            try await backend.append(.user("another"), to: "c", .insteadOf(3))
            try await backend.append(.assistant("answer"), to: "c")
        }
        return InterceptedBackend(backend, interceptor: Interferer(moment, change))
    }
}

/// Counts the messages that are read, and how often the forks are.
private final class ReadCounter: StorageInterceptor {
    let count = Mutex((messages: 0, forks: 0))

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        let reply = try await call.perform(on: base)
        count.withLock { count in
            switch reply {
            case .messages(let page): count.messages += page.items.count
            case .forks: count.forks += 1
            default: break
            }
        }
        return reply
    }
}

/// Changes a storage before or after some of the calls that read it.
private final class Interferer: StorageInterceptor {
    enum Moment: Equatable, Sendable {
        case beforeAnything
        /// After this many calls.
        case after(Int)
        case everyCall
        case never

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
}
