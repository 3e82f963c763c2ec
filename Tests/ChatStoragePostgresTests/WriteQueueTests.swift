import ChatStorageCore
import ChatStorageSupport
import Testing

@testable import ChatStoragePostgres

/// Which writes go next, played without a network.
@Suite struct WriteQueueTests {
    private let start = ContinuousClock.now
    private var now: ContinuousClock.Instant { start }

    @Test func aLoneAppendGoesAtOnceAndThoseThatComeMeanwhileGoTogether() {
        var queue = queue()
        queue.add(TestWrite("a", "c"))
        #expect(queue.take(.appends(lane: 0), now) == ["a"])
        for (name, conversation) in [("b", "c"), ("c", "d"), ("d", "c")] { queue.add(TestWrite(name, conversation)) }
        #expect(queue.take(.appends(lane: 0), now) == nil)
        queue.ended(["c"], kind: .appends(lane: 0), outcome: .done)
        #expect(queue.take(.appends(lane: 0), now)?.sorted() == ["b", "c", "d"])
        #expect(queue.count == 0)
    }

    @Test func aConversationsWritesGoOneStatementAtATimeInTheirOrder() {
        var queue = queue()
        queue.add(TestWrite("title", "c", isMergeable: false))
        queue.add(TestWrite("append", "c"))
        queue.add(TestWrite("clear", "c", isMergeable: false))
        queue.add(TestWrite("other", "d", isMergeable: false))
        #expect(queue.take(.single, now) == ["title"])
        #expect(queue.take(.appends(lane: 0), now) == nil)
        #expect(queue.take(.single, now) == ["other"])
        #expect(queue.take(.single, now) == nil)
        queue.ended(["c"], kind: .single, outcome: .failed)
        #expect(queue.take(.appends(lane: 0), now) == ["append"])
        #expect(queue.take(.single, now) == nil)
        queue.ended(["c"], kind: .appends(lane: 0), outcome: .done)
        #expect(queue.take(.single, now) == ["clear"])
    }

    @Test func oneStatementTakesSoManyMessagesAndBytes() {
        var queue = queue()
        for number in 1...300 { queue.add(TestWrite("\(number)", "c\(number % 7)")) }
        #expect(queue.take(.appends(lane: 0), now)?.count == 256)
        queue.ended((0..<7).map { "c\($0)" }, kind: .appends(lane: 0), outcome: .done)
        #expect(queue.take(.appends(lane: 0), now)?.count == 44)
        queue.ended((0..<7).map { "c\($0)" }, kind: .appends(lane: 0), outcome: .done)
        for name in ["a", "b", "c"] { queue.add(TestWrite(name, name, bytes: 500_000)) }
        #expect(queue.take(.appends(lane: 0), now)?.count == 2)
    }

    @Test func appendsOfOtherSchemasOrRefusedOnesGoApart() {
        var queue = queue()
        for write in [TestWrite("a", "c"), TestWrite("b", "c", group: 2), TestWrite("c", "d", group: 2)] {
            queue.add(write)
        }
        #expect(queue.take(.appends(lane: 0), now) == ["a"])
        queue.ended(["c"], kind: .appends(lane: 0), outcome: .done)
        #expect(queue.take(.appends(lane: 0), now)?.sorted() == ["b", "c"])
    }

    @Test func aWriteThatWasRefusedWithOthersGoesWithFewer() {
        var queue = queue()
        for number in 1...3 { queue.add(TestWrite("\(number)", "c\(number)", mergeLimit: 2)) }
        queue.add(TestWrite("new", "c4"))
        for expected in [["1", "2"], ["3", "new"]] {
            #expect(queue.take(.appends(lane: 0), now) == expected)
            queue.ended((1...4).map { "c\($0)" }, kind: .appends(lane: 0), outcome: .failed)
        }
        for name in ["a", "b"] { queue.add(TestWrite(name, name)) }
        queue.add(TestWrite("c", "c", mergeLimit: 2))
        #expect(queue.take(.appends(lane: 0), now) == ["a", "b"])
    }

    @Test func whatIsNoLongerWantedIsNotTaken() {
        var queue = queue()
        for (name, conversation) in [("a", "c"), ("b", "c"), ("c", "d")] { queue.add(TestWrite(name, conversation)) }
        let taken = queue.takeNext(.appends(lane: 0), now: now) { $0.name != "b" && $0.name != "c" }
        #expect(taken.map(\.name) == ["a"])
        queue.ended(["c"], kind: .appends(lane: 0), outcome: .done)
        queue.add(TestWrite("d", "d"))
        #expect(queue.take(.appends(lane: 0), now) == ["d"])
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
        #expect(queue.bytesOfNext(.single, now: now) == nil && queue.bytesOfNext(.appends(lane: 0), now: now) == nil)
        queue.ended(["busy"], kind: .single, outcome: .done)
        #expect(queue.conversationCount == 0)
        queue.add(TestWrite("again", "c0"))
        #expect(queue.take(.appends(lane: 0), now) == ["again"])
    }

    @Test func aLaneThatWaitsTooLongSendsAnotherStatementWithoutTheConversationsThatAreHeldUp() {
        var queue = queue()
        queue.add(TestWrite("a", "c"))
        #expect(queue.take(.appends(lane: 0), now) == ["a"])
        queue.add(TestWrite("b", "c"))
        queue.add(TestWrite("c", "d"))
        #expect(queue.take(.appends(lane: 0), now + .milliseconds(99)) == nil)
        #expect(queue.nextEvent(after: now) == now + .milliseconds(100))
        #expect(queue.take(.appends(lane: 0), now + .milliseconds(100)) == ["c"])
    }

    @Test func aStatementThatWaitsForALockDoesNotSlowThoseAfterIt() {
        var queue = queue()
        queue.add(TestWrite("a", "locked"))
        #expect(queue.take(.appends(lane: 0), now) == ["a"])
        let stalled = now + .milliseconds(100)
        for number in 1...20 {
            queue.add(TestWrite("\(number)", "c"))
            #expect(queue.take(.appends(lane: 0), stalled) == ["\(number)"])
            queue.ended(["c"], kind: .appends(lane: 0), outcome: .done)
        }
        // The end of the old statement is not taken for the end of the one that is under way.
        queue.add(TestWrite("b", "c"))
        #expect(queue.take(.appends(lane: 0), stalled) == ["b"])
        queue.ended(["locked"], kind: .appends(lane: 0), outcome: .done)
        queue.add(TestWrite("c", "d"))
        #expect(queue.take(.appends(lane: 0), stalled) == nil)
    }

    @Test func aConversationWhoseLockWasNotToBeHadGoesAloneUntilOneWriteSucceeds() {
        var queue = queue()
        for (name, conversation) in [("a", "c"), ("b", "d")] { queue.add(TestWrite(name, conversation)) }
        #expect(queue.take(.appends(lane: 0), now)?.count == 2)
        queue.ended(["c", "d"], kind: .appends(lane: 0), outcome: .locked)
        for (name, conversation) in [("a", "c"), ("b", "d"), ("x", "c"), ("y", "e")] {
            queue.add(TestWrite(name, conversation))
        }
        // The others go on as before; suspects one write at a time, two conversations at a time.
        #expect(queue.take(.appends(lane: 0), now) == ["y"])
        #expect(queue.take(.isolated, now) == ["a"])
        #expect(queue.take(.isolated, now) == ["b"])
        queue.add(TestWrite("z", "d"))
        queue.ended(["d"], kind: .isolated, outcome: .done)
        queue.ended(["e"], kind: .appends(lane: 0), outcome: .done)
        #expect(queue.take(.appends(lane: 0), now) == ["z"])
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
        #expect(queue.take(.appends(lane: 0), now)?.count == 4)
        queue.ended(conversations, kind: .appends(lane: 0), outcome: .locked)
        for conversation in conversations { queue.add(TestWrite(conversation, conversation)) }
        // The first attempt is brief: only when it is refused alone does a conversation count as locked.
        #expect(queue.take(.isolated, now) == ["a"] && !queue.waitsAtLength(key("a")))
        queue.ended(["a"], kind: .isolated, outcome: .locked)
        queue.add(TestWrite("a", "a"))
        for conversation in conversations.dropFirst() {
            #expect(queue.take(.isolated, now) == [conversation] && !queue.waitsAtLength(key(conversation)))
            queue.ended([conversation], kind: .isolated, outcome: .done)
        }
        #expect(queue.take(.isolated, now) == ["a"] && queue.waitsAtLength(key("a")))
        queue.ended(["a"], kind: .isolated, outcome: .done)
        queue.add(TestWrite("a", "a"))
        #expect(queue.take(.appends(lane: 0), now) == ["a"] && !queue.waitsAtLength(key("a")))
    }

    @Test func whereAllThatMayWaitAtLengthDoASuspectStillGetsItsTurn() {
        var queue = queue()
        let conversations = ["a", "b", "c", "d", "e"]
        for conversation in conversations { queue.add(TestWrite(conversation, conversation)) }
        _ = queue.take(.appends(lane: 0), now)
        queue.ended(conversations, kind: .appends(lane: 0), outcome: .locked)
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
        _ = queue.take(.appends(lane: 0), now)
        queue.ended(conversations, kind: .appends(lane: 0), outcome: .locked)
        for conversation in conversations { queue.add(TestWrite(conversation, conversation)) }
        #expect(queue.take(.isolated, now) != nil)
        #expect(queue.take(.isolated, now) != nil)
        #expect(queue.take(.isolated, now) == nil)
    }

    @Test func theOldestSuspectToWhichNothingIsWrittenIsForgottenForANewOne() {
        var queue = queue()
        func suspect(_ conversation: String) {
            queue.add(TestWrite(conversation, conversation))
            #expect(queue.take(.appends(lane: 0), now) == [conversation])
            queue.ended([conversation], kind: .appends(lane: 0), outcome: .locked)
        }
        for number in 0..<TestQueue.suspectLimit { suspect("c\(number)") }
        queue.add(TestWrite("waits", "c0"))
        suspect("new")
        #expect(queue.conversationCount == TestQueue.suspectLimit)
        queue.add(TestWrite("new", "new"))
        #expect(queue.take(.appends(lane: 0), now) == nil)
        #expect(queue.take(.isolated, now) == ["waits"])
        #expect(queue.take(.isolated, now) == ["new"])
        queue.add(TestWrite("forgotten", "c1"))
        #expect(queue.take(.appends(lane: 0), now) == ["forgotten"])
        // Becoming idle again and again takes no memory.
        queue.ended(["c0"], kind: .isolated, outcome: .locked)
        for _ in 0..<10_000 {
            queue.add(TestWrite("x", "c0"))
            _ = queue.removeAll { _ in true }
        }
        #expect(queue.idleSuspects.count <= 2 * TestQueue.suspectLimit)
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

/// What one statement for several callers takes and gives.
@Suite struct MergedAppendTests {
    private let statements = Statements(SchemaName(name: "s"))
    private let time = Timestamp(microsecondsSinceEpoch: 5)

    @Test func callersOfOneConversationGetTheirSequencesInTheirOrder() throws {
        let merged = MergedAppend([append(2, to: "b"), append(1, to: "a"), append(3, to: "b")])
        #expect(merged.keys == [key("a"), key("b")])
        // Rows come in any order.
        let results = merged.results([row(2, last: 25), row(1, last: 1)], stored: 6)
        #expect(try results.map { try $0.get().firstSequence } == [21, 1, 23])
        #expect(try results.map { try $0.get().time } == [time, time, time])
    }

    @Test func aRowThatCannotBeReadIsItsOwnCallersErrorAlone() {
        let merged = MergedAppend([append(1, to: "a"), append(1, to: "b")])
        let unreadable = MergedAppend.Row(number: 1, state: .failure(Appended.damage))
        let results = merged.results([unreadable, row(2, last: 7)], stored: 2)
        #expect(throws: ChatStorageError.self) { try results[0].get() }
        #expect((try? results[1].get().firstSequence) == 7)
    }

    @Test func anAnswerThatIsNotWholeIsDamageForAll() {
        let merged = MergedAppend([append(1, to: "a"), append(1, to: "b")])
        for (rows, stored) in [([row(1, last: 1)], 2), ([row(1, last: 1), row(2, last: 1)], 1)] {
            for result in merged.results(rows, stored: Int64(stored)) {
                #expect(throws: ChatStorageError.self) { try result.get() }
            }
        }
    }

    @Test func conversationsAreInTheOrderOfTheirBytes() {
        let ids = ["é", "e\u{301}", "z", "Z", "a"]
        let merged = MergedAppend(
            ids.flatMap { id in ["", "B", "a"].map { append(1, to: id, tenant: $0) } })
        let expected = merged.keys.sorted { left, right in
            (Array(left.tenant.utf8) + [0] + Array(left.id.rawValue.utf8)).lexicographicallyPrecedes(
                Array(right.tenant.utf8) + [0] + Array(right.id.rawValue.utf8))
        }
        #expect(merged.keys == expected && expected.count == 15)
    }

    private func append(_ messages: Int, to id: String, tenant: String = "") -> PlainAppend {
        PlainAppend(
            (0..<messages).map { .user("\($0)") }, to: ConversationKey(tenant: tenant, id: ConversationID(id)),
            statements)
    }

    private func row(_ number: Int64, last: Int64) -> MergedAppend.Row {
        MergedAppend.Row(number: number, state: .success((last, time)))
    }
}

/// A call that carries several callers' appends.
@Suite struct MergedCallTests {
    private let statements = Statements(SchemaName(name: "s"))

    @Test func oneAppendStaysTheSimpleStatement() {
        #expect(Call(merging: [call("a")]) == nil)
        #expect(Call(merging: []) == nil)
        let merged = Call(merging: [call("b"), call("a"), call("b")])
        #expect(merged?.request.groups.first?.first?.statement === statements.mergedAppend)
        #expect(merged?.keys == [key("a"), key("b")] && merged?.members.count == 3)
    }

    @Test func whatWasSentWhenTheConnectionWentIsUnknownToEachAndNeverRepeated() throws {
        let merged = try #require(Call(merging: [call("a"), call("b")]))
        for member in merged.members {
            guard case .failed(let error) = member.verdict(on: .unknown) else {
                Issue.record("a write of unknown outcome would be repeated")
                continue
            }
            #expect(error.code == .unavailable && error.writeOutcome == .unknown)
            guard case .again = member.verdict(on: .notApplied(nil)) else {
                Issue.record("a write that was not applied is not repeated")
                continue
            }
        }
    }

    @Test func aPoolersOwnErrorLeavesTheOutcomeOfWritesUnknown() throws {
        let merged = try #require(Call(merging: [call("a"), call("b")]))
        let error = ServerError(sqlState: "08006")
        for call in [merged, call("c")] {
            let verdicts = call.verdicts(on: error, isBehindPooler: true).map(\.verdict)
            #expect(verdicts.count == call.members.count)
            for verdict in verdicts {
                guard case .failed(let error) = verdict else {
                    Issue.record("a write that may have happened would be repeated")
                    continue
                }
                #expect(error.code == .unavailable && error.writeOutcome == .unknown)
            }
        }
        // From the server itself it is proof.
        guard case .failed(let own)? = call("c").verdicts(on: error, isBehindPooler: false).first?.verdict else {
            Issue.record("no error")
            return
        }
        #expect(own.writeOutcome == .notApplied)
    }

    @Test func appendsThatWereRefusedTogetherAreHalvedUntilEachGoesAlone() throws {
        var calls = (0..<200).map { call("\($0)") }
        var sizes: [Int] = []
        while let merged = Call(merging: calls) {
            calls = merged.verdicts(on: ServerError(sqlState: "23514"), isBehindPooler: false).map(\.call)
            let limit = try #require(calls.first?.mergeLimit)
            sizes.append(limit)
            #expect(calls.allSatisfy { $0.isMergeable == (limit > 1) })
            calls = Array(calls.prefix(limit))
        }
        #expect(sizes == [100, 50, 25, 13, 7, 4, 2, 1])
    }

    /// The server may have committed before the pooler lost it.
    @Test func aPoolersOwnErrorLeavesTheOutcomeUnknownInLaterAttempts() async throws {
        let error = await #expect(throws: ChatStorageError.self) {
            _ = try await CancellableContinuation<Call.Answer>.wait { pending in
                let step = Request.Step(statement: Statement(text: "SELECT 1"), bytes: 0) { Parameters() }
                let request = Request(groups: [[step]], .write(.schema), isRepeatable: true)
                var call = Call(request, purpose: .caller(pending), deadline: .now + .seconds(60))
                _ = call.begin()
                let verdicts = call.verdicts(on: ServerError(sqlState: "08006"), isBehindPooler: true)
                verdicts.first?.call.fail(ChatStorageError(.unavailable, "no connection").beforeWriting)
            }
        }
        #expect(error?.writeOutcome == .unknown)
    }

    @Test func whatIsNobodysFaultIsTriedAgainTogether() throws {
        for sqlState in ["26000", "42P05", "40001", "40P01"] {
            let merged = try #require(Call(merging: (0..<20).map { call("\($0)") }))
            let verdicts = merged.verdicts(on: ServerError(sqlState: sqlState), isBehindPooler: false)
            var delays: Set<Duration> = []
            for case (let call, .again(let delay)) in verdicts {
                #expect(call.isMergeable && call.mergeLimit == .max)
                delays.insert(delay)
            }
            #expect(verdicts.count == 20 && delays.count == 1)
        }
    }

    @Test func anAppendThatIsTooLargeGoesAlone() {
        #expect(call("a").isMergeable && call("a").canMerge(with: call("b")))
        #expect(call("a", messages: 256).isMergeable && !call("a", messages: 257).isMergeable)
        let other = PlainAppend([.user("x")], to: key("a"), Statements(SchemaName(name: "other")))
        #expect(!call("a").canMerge(with: call(other)))
    }

    private func call(_ id: String, messages: Int = 1) -> Call {
        call(PlainAppend((0..<messages).map { .user("\($0)") }, to: key(id), statements))
    }

    private func call(_ append: PlainAppend) -> Call {
        Call(append.request(append.statements.append, .append(append)), purpose: .session, deadline: .now)
    }
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

/// Which connection a call takes.
@Suite struct ConnectionChoiceTests {
    private let choice = ConnectionChoice(limit: 4)

    @Test func readsKeepAwayFromWritesAndFromLongReads() {
        let loads = [load(.write(.single)), load(.longRead), load(.shortRead), load()]
        #expect(choice.choose(.shortRead, among: loads)?.index == 2)
        #expect(choice.choose(.write(.single), among: loads)?.index == 3)
        #expect(choice.choose(.longRead, among: loads)?.index == 3)
    }

    @Test func readsShareAConnectionUntilItHasEnough() {
        let full = load(Array(repeating: .shortRead, count: ConnectionChoice.readsBeforeNext))
        #expect(choice.choose(.shortRead, among: [full, load(.shortRead), load(), load()])?.index == 1)
        #expect(choice.choose(.shortRead, among: [full, full, load(), full])?.index == 2)
        #expect(choice.choose(.shortRead, among: [full, full])?.isGood == false)
    }

    @Test func writesLeaveAConnectionToReads() {
        let written = load(.write(.single))
        #expect(choice.choose(.write(.single), among: [written, written, written, load()])?.index != 3)
        // Unless no other takes one: those wait for locks.
        #expect(choice.choose(.write(.single), among: [nil, nil, nil, load()])?.index == 3)
    }

    @Test func oneLongReadHasAConnectionAndTwoConnectionsHaveNone() {
        // Never none, and for one and two connections one.
        #expect((1...8).map { ConnectionChoice.longReads(among: $0) } == [1, 1, 1, 2, 3, 4, 5, 6])
        #expect(choice.choose(.longRead, among: [load(.longRead), load(.longRead), nil]) == nil)
        #expect(choice.choose(.longRead, among: [load(.longRead), load(.shortRead)])?.index == 1)
        #expect(ConnectionChoice(limit: 1).choose(.longRead, among: [load(.shortRead)])?.index == 0)
    }

    @Test func writesLeaveReadsTheConnectionThatNoLongReadHas() {
        let choice = ConnectionChoice(limit: 3)
        let loads = [load(.longRead), load(.write(.single)), load()]
        #expect(choice.choose(.write(.single), among: loads)?.index == 1)
        #expect(choice.choose(.shortRead, among: loads)?.index == 2)
        // Once the only other connection that takes writes has stalled.
        #expect(choice.choose(.write(.single), among: [loads[0], nil, loads[2]])?.index == 2)
    }

    @Test func nothingGoesBehindAWriteToASuspect() {
        #expect(choice.choose(.shortRead, among: [load(.write(.isolated)), nil]) == nil)
        #expect(ConnectionChoice(limit: 1).choose(.shortRead, among: [load(.write(.isolated))])?.index == 0)
    }

    private func load(_ lanes: Call.Lane...) -> ConnectionLoad { load(lanes) }

    private func load(_ lanes: [Call.Lane]) -> ConnectionLoad {
        lanes.reduce(into: ConnectionLoad()) { $0.add($1) }
    }
}

private typealias TestQueue = WriteQueue<TestWrite>

private struct TestWrite: QueuedWrite {
    let name: String
    let key: ConversationKey
    let bytes: Int
    let isMergeable: Bool
    let group: Int
    let mergeLimit: Int
    let messageCount = 1

    init(
        _ name: String, _ conversation: String, bytes: Int = 100, isMergeable: Bool = true, group: Int = 1,
        mergeLimit: Int = .max
    ) {
        self.mergeLimit = mergeLimit
        self.name = name
        key = ChatStoragePostgresTests.key(conversation)
        self.bytes = bytes
        self.isMergeable = isMergeable
        self.group = group
    }

    func canMerge(with other: TestWrite) -> Bool { group == other.group }
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
