import ChatStorageCore
import ChatStorageSupport
import Testing

@testable import ChatStoragePostgres

/// Which writes go next, played without a network.
@Suite struct WriteQueueTests {
    private let start = ContinuousClock.now
    private var now: ContinuousClock.Instant { start }

    @Test("a lone append goes at once and those that come meanwhile go together")
    func aLoneAppendGoesAtOnce() {
        var queue = queue()
        queue.add(TestWrite("a", "c"))
        #expect(queue.take(.merged(lane: 0), now) == ["a"])
        for (name, conversation) in [("b", "c"), ("c", "d"), ("d", "c")] { queue.add(TestWrite(name, conversation)) }
        #expect(queue.take(.merged(lane: 0), now) == nil)
        queue.ended(["c"], kind: .merged(lane: 0), outcome: .done)
        #expect(queue.take(.merged(lane: 0), now)?.sorted() == ["b", "c", "d"])
        #expect(queue.count == 0)
    }

    @Test("a conversation's writes go one statement at a time in their order")
    func aConversationsWritesGo() {
        var queue = queue()
        queue.add(TestWrite("title", "c", isMergeable: false))
        queue.add(TestWrite("append", "c"))
        queue.add(TestWrite("clear", "c", isMergeable: false))
        queue.add(TestWrite("other", "d", isMergeable: false))
        #expect(queue.take(.single, now) == ["title"])
        #expect(queue.take(.merged(lane: 0), now) == nil)
        #expect(queue.take(.single, now) == ["other"])
        #expect(queue.take(.single, now) == nil)
        queue.ended(["c"], kind: .single, outcome: .failed)
        #expect(queue.take(.merged(lane: 0), now) == ["append"])
        #expect(queue.take(.single, now) == nil)
        queue.ended(["c"], kind: .merged(lane: 0), outcome: .done)
        #expect(queue.take(.single, now) == ["clear"])
    }

    @Test func oneStatementTakesSoManyMessagesAndBytes() {
        var queue = queue()
        for number in 1...300 { queue.add(TestWrite("\(number)", "c\(number % 7)")) }
        #expect(queue.take(.merged(lane: 0), now)?.count == 256)
        queue.ended((0..<7).map { "c\($0)" }, kind: .merged(lane: 0), outcome: .done)
        #expect(queue.take(.merged(lane: 0), now)?.count == 44)
        queue.ended((0..<7).map { "c\($0)" }, kind: .merged(lane: 0), outcome: .done)
        for name in ["a", "b", "c"] { queue.add(TestWrite(name, name, bytes: 500_000)) }
        #expect(queue.take(.merged(lane: 0), now)?.count == 2)
    }

    @Test func appendsOfOtherSchemasOrRefusedOnesGoApart() {
        var queue = queue()
        for write in [TestWrite("a", "c"), TestWrite("b", "c", group: 2), TestWrite("c", "d", group: 2)] {
            queue.add(write)
        }
        #expect(queue.take(.merged(lane: 0), now) == ["a"])
        queue.ended(["c"], kind: .merged(lane: 0), outcome: .done)
        #expect(queue.take(.merged(lane: 0), now)?.sorted() == ["b", "c"])
    }

    @Test func aWriteThatWasRefusedWithOthersGoesWithFewer() {
        var queue = queue()
        for number in 1...3 { queue.add(TestWrite("\(number)", "c\(number)", mergeLimit: 2)) }
        queue.add(TestWrite("new", "c4"))
        for expected in [["1", "2"], ["3", "new"]] {
            #expect(queue.take(.merged(lane: 0), now) == expected)
            queue.ended((1...4).map { "c\($0)" }, kind: .merged(lane: 0), outcome: .failed)
        }
        for name in ["a", "b"] { queue.add(TestWrite(name, name)) }
        queue.add(TestWrite("c", "c", mergeLimit: 2))
        #expect(queue.take(.merged(lane: 0), now) == ["a", "b"])
    }

    @Test func whatIsNoLongerWantedIsNotTaken() {
        var queue = queue()
        for (name, conversation) in [("a", "c"), ("b", "c"), ("c", "d")] { queue.add(TestWrite(name, conversation)) }
        let taken = queue.takeNext(.merged(lane: 0), now: now) { $0.name != "b" && $0.name != "c" }
        #expect(taken.map(\.name) == ["a"])
        queue.ended(["c"], kind: .merged(lane: 0), outcome: .done)
        queue.add(TestWrite("d", "d"))
        #expect(queue.take(.merged(lane: 0), now) == ["d"])
        queue.add(TestWrite("e", "e"))
        #expect(queue.removeAll { $0.name == "e" }.map(\.name) == ["e"])
        #expect(queue.count == 0)
    }

    @Test func nothingIsKeptOfWritesThatWereRemoved() {
        var queue = queue()
        queue.add(TestWrite("busy", "busy", isMergeable: false))
        #expect(queue.take(.single, now) == ["busy"])
        for number in 0..<100 {
            queue.add(TestWrite("append", "c\(number)"))
            queue.add(TestWrite("title", "d\(number)", isMergeable: false))
            queue.add(TestWrite("next", "busy"))
            #expect(queue.removeAll { _ in true }.count == 3)
            #expect(queue.count == 0 && queue.conversationCount == 1)
        }
        #expect(queue.bytesOfNext(.single, now: now) == nil && queue.bytesOfNext(.merged(lane: 0), now: now) == nil)
        queue.ended(["busy"], kind: .single, outcome: .done)
        #expect(queue.conversationCount == 0)
        queue.add(TestWrite("again", "c0"))
        #expect(queue.take(.merged(lane: 0), now) == ["again"])
    }

    @Test("a lane that waits too long sends another statement without the conversations that are held up")
    func aLaneThatWaitsTooLongSends() {
        var queue = queue()
        queue.add(TestWrite("a", "c"))
        #expect(queue.take(.merged(lane: 0), now) == ["a"])
        queue.add(TestWrite("b", "c"))
        queue.add(TestWrite("c", "d"))
        #expect(queue.take(.merged(lane: 0), now + .milliseconds(99)) == nil)
        #expect(queue.nextEvent(after: now) == now + .milliseconds(100))
        #expect(queue.take(.merged(lane: 0), now + .milliseconds(100)) == ["c"])
    }

    @Test("a statement that waits for a lock does not slow those after it")
    func aStatementThatWaitsForALock() {
        var queue = queue()
        queue.add(TestWrite("a", "locked"))
        #expect(queue.take(.merged(lane: 0), now) == ["a"])
        let stalled = now + .milliseconds(100)
        for number in 1...20 {
            queue.add(TestWrite("\(number)", "c"))
            #expect(queue.take(.merged(lane: 0), stalled) == ["\(number)"])
            queue.ended(["c"], kind: .merged(lane: 0), outcome: .done)
        }
        // The end of the old statement is not taken for the end of the one that is under way.
        queue.add(TestWrite("b", "c"))
        #expect(queue.take(.merged(lane: 0), stalled) == ["b"])
        queue.ended(["locked"], kind: .merged(lane: 0), outcome: .done)
        queue.add(TestWrite("c", "d"))
        #expect(queue.take(.merged(lane: 0), stalled) == nil)
    }

    @Test("a conversation whose lock was not to be had goes alone until one write succeeds")
    func aConversationWhoseLock() {
        var queue = queue()
        for (name, conversation) in [("a", "c"), ("b", "d")] { queue.add(TestWrite(name, conversation)) }
        #expect(queue.take(.merged(lane: 0), now)?.count == 2)
        queue.ended(["c", "d"], kind: .merged(lane: 0), outcome: .locked)
        for (name, conversation) in [("a", "c"), ("b", "d"), ("x", "c"), ("y", "e")] {
            queue.add(TestWrite(name, conversation))
        }
        // The others go on as before; suspects one write at a time, two conversations at a time.
        #expect(queue.take(.merged(lane: 0), now) == ["y"])
        #expect(queue.take(.isolated, now) == ["a"])
        #expect(queue.take(.isolated, now) == ["b"])
        queue.add(TestWrite("z", "d"))
        queue.ended(["d"], kind: .isolated, outcome: .done)
        queue.ended(["e"], kind: .merged(lane: 0), outcome: .done)
        #expect(queue.take(.merged(lane: 0), now) == ["z"])
        queue.ended(["c"], kind: .isolated, outcome: .locked)
        #expect(queue.take(.isolated, now) == ["x"])
        queue.ended(["c"], kind: .isolated, outcome: .failed)
        queue.add(TestWrite("w", "c"))
        #expect(queue.take(.isolated, now) == ["w"])
    }

    @Test func suspectsThatMayBeNoneGoBeforeThoseThatAreLocked() {
        var queue = queue()
        let conversations = ["a", "b", "c", "d"]
        for conversation in conversations { queue.add(TestWrite(conversation, conversation)) }
        #expect(queue.take(.merged(lane: 0), now)?.count == 4)
        queue.ended(conversations, kind: .merged(lane: 0), outcome: .locked)
        for conversation in conversations { queue.add(TestWrite(conversation, conversation)) }
        // The first attempt is brief: only when it is refused alone does a conversation count as locked.
        #expect(queue.take(.isolated, now) == ["a"] && !queue.suspects.waitsAtLength(key("a")))
        queue.ended(["a"], kind: .isolated, outcome: .locked)
        queue.add(TestWrite("a", "a"))
        for conversation in conversations.dropFirst() {
            #expect(queue.take(.isolated, now) == [conversation] && !queue.suspects.waitsAtLength(key(conversation)))
            queue.ended([conversation], kind: .isolated, outcome: .done)
        }
        #expect(queue.take(.isolated, now) == ["a"] && queue.suspects.waitsAtLength(key("a")))
        queue.ended(["a"], kind: .isolated, outcome: .done)
        queue.add(TestWrite("a", "a"))
        #expect(queue.take(.merged(lane: 0), now) == ["a"] && !queue.suspects.waitsAtLength(key("a")))
    }

    @Test("a suspect gets its turn even while as many as allowed wait long")
    func whereAllThatMayWaitAtLength() {
        var queue = queue()
        let conversations = ["a", "b", "c", "d", "e"]
        for conversation in conversations { queue.add(TestWrite(conversation, conversation)) }
        _ = queue.take(.merged(lane: 0), now)
        queue.ended(conversations, kind: .merged(lane: 0), outcome: .locked)
        for conversation in conversations.prefix(3) {
            queue.add(TestWrite(conversation, conversation))
            #expect(queue.take(.isolated, now) == [conversation])
            queue.ended([conversation], kind: .isolated, outcome: .locked)
        }
        for conversation in conversations.prefix(3) { queue.add(TestWrite(conversation, conversation)) }
        #expect(queue.take(.isolated, now) == ["a"] && queue.take(.isolated, now) == ["b"])
        #expect(queue.take(.isolated, now) == nil)
        for conversation in ["d", "e"] { queue.add(TestWrite(conversation, conversation)) }
        #expect(queue.take(.isolated, now) == ["d"] && queue.take(.isolated, now) == nil)
        queue.ended(["d"], kind: .isolated, outcome: .done)
        #expect(queue.take(.isolated, now) == ["e"])
    }

    @Test func onlySoManySuspectsAreWrittenToAtATime() {
        var queue = queue()
        let conversations = (0..<5).map { "c\($0)" }
        for conversation in conversations { queue.add(TestWrite(conversation, conversation)) }
        _ = queue.take(.merged(lane: 0), now)
        queue.ended(conversations, kind: .merged(lane: 0), outcome: .locked)
        for conversation in conversations { queue.add(TestWrite(conversation, conversation)) }
        #expect(queue.take(.isolated, now) != nil)
        #expect(queue.take(.isolated, now) != nil)
        #expect(queue.take(.isolated, now) == nil)
    }

    @Test("the oldest suspect to which nothing is written is forgotten for a new one")
    func theOldestSuspectToWhichNothing() {
        var queue = queue()
        func suspect(_ conversation: String) {
            queue.add(TestWrite(conversation, conversation))
            #expect(queue.take(.merged(lane: 0), now) == [conversation])
            queue.ended([conversation], kind: .merged(lane: 0), outcome: .locked)
        }
        for number in 0..<Suspects.limit { suspect("c\(number)") }
        queue.add(TestWrite("waits", "c0"))
        suspect("new")
        #expect(queue.conversationCount == Suspects.limit)
        queue.add(TestWrite("new", "new"))
        #expect(queue.take(.merged(lane: 0), now) == nil)
        #expect(queue.take(.isolated, now) == ["waits"])
        #expect(queue.take(.isolated, now) == ["new"])
        queue.add(TestWrite("forgotten", "c1"))
        #expect(queue.take(.merged(lane: 0), now) == ["forgotten"])
        // Becoming idle again and again takes no memory.
        queue.ended(["c0"], kind: .isolated, outcome: .locked)
        for _ in 0..<10_000 {
            queue.add(TestWrite("x", "c0"))
            _ = queue.removeAll { _ in true }
        }
        #expect(queue.suspects.idle.count <= 2 * Suspects.limit)
    }

    @Test func withoutLanesEachAppendGoesOnItsOwn() {
        var queue = TestQueue(lanes: 0, isolated: 1, stallTime: .milliseconds(100))
        #expect(queue.kinds == [.single, .isolated])
        queue.add(TestWrite("a", "c"))
        queue.add(TestWrite("b", "d"))
        #expect(queue.take(.single, now) == ["a"])
        #expect(queue.take(.single, now) == ["b"])
    }

    private func queue() -> TestQueue { TestQueue(lanes: 1, isolated: 2, stallTime: .milliseconds(100)) }
}

/// Whose turn it is at the room that connections have.
@Suite struct RoundRobinTests {
    @Test func withRoomForOneEachOfThoseWhoWaitIsServedInTurn() {
        var turns = RoundRobin(count: 4)
        var served: [Int] = []
        for _ in 0..<6 {
            // Number 2 has nothing to send.
            guard let next = turns.turns.first(where: { $0 != 2 }) else { continue }
            turns.served(next)
            served.append(next)
        }
        #expect(served == [0, 1, 3, 0, 1, 3])
    }

    @Test func aTurnWithoutRoomIsNotLost() {
        var turns = RoundRobin(count: 3)
        turns.served(0)
        #expect(Array(turns.turns) == [1, 2, 0])
        #expect(Array(turns.turns) == [1, 2, 0])
    }

    @Test func noKindOfWriteWaitsForAsLongAsOthersCome() {
        var queue = TestQueue(lanes: 1, isolated: 1, stallTime: .seconds(1))
        var turns = RoundRobin(count: queue.kinds.count)
        for number in 0..<8 { queue.add(TestWrite("single", "c\(number)", isMergeable: false)) }
        queue.add(TestWrite("append", "d"))
        let now = ContinuousClock.now
        var answered: [String] = []
        for _ in 0..<20 {
            for number in turns.turns where queue.bytesOfNext(queue.kinds[number], now: now) != nil {
                let taken = queue.takeNext(queue.kinds[number], now: now) { _ in true }
                turns.served(number)
                queue.ended(taken.map(\.key), kind: queue.kinds[number], outcome: .done)
                answered += taken.map(\.name)
                for write in taken where !write.isMergeable { queue.add(write) }
                break
            }
        }
        #expect(answered.contains("append") && answered.count { $0 == "single" } == 19)
    }
}

private typealias TestQueue = WriteQueue<TestWrite>

private struct TestWrite: QueuedWrite {
    let name: String
    let key: ConversationKey
    let bytes: Int
    let mergeGroup: ObjectIdentifier?
    let mergeLimit: Int
    let rowCount = 1

    init(
        _ name: String, _ conversation: String, bytes: Int = 100, isMergeable: Bool = true, group: Int = 1,
        mergeLimit: Int = .max
    ) {
        self.mergeLimit = mergeLimit
        self.name = name
        key = ChatStoragePostgresTests.key(conversation)
        self.bytes = bytes
        mergeGroup = isMergeable ? ObjectIdentifier(group == 1 ? Self.groups.first : Self.groups.second) : nil
    }

    private final class Group: Sendable {}
    private static let groups = (first: Group(), second: Group())
}

private func key(_ id: String) -> ConversationKey { ConversationKey(tenant: "", id: ConversationID(id)) }

extension WriteQueue<TestWrite> {
    /// The names of what goes next; nil when nothing can.
    fileprivate mutating func take(_ kind: Kind, _ now: ContinuousClock.Instant) -> [String]? {
        guard bytesOfNext(kind, now: now) != nil else { return nil }
        return takeNext(kind, now: now) { _ in true }.map(\.name)
    }

    fileprivate mutating func ended(_ ids: [String], kind: Kind, outcome: Outcome) {
        ended(ids.map(key), kind: kind, outcome: outcome)
    }
}
