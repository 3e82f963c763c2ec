import Testing

@testable import ChatStoragePostgres

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
        // Unless no other connection takes a write, since all others wait for locks.
        #expect(choice.choose(.write(.single), among: [nil, nil, nil, load()])?.index == 3)
    }

    @Test("a connection has at most one long read, and two connections have none")
    func oneLongReadHasAConnection() {
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

    @Test func theFirstRuleInWhichTwoConnectionsDifferDecides() {
        let written = load(.write(.single), .write(.single))
        #expect(choice.choose(.shortRead, among: [load(.longRead), written])?.index == 1)
        #expect(choice.choose(.shortRead, among: [written, load(.write(.single))])?.index == 1)
        #expect(choice.choose(.longRead, among: [load(.write(.single)), load(.shortRead)])?.index == 1)
        #expect(choice.choose(.longRead, among: [load(.shortRead, .shortRead), load(.shortRead)])?.index == 1)
        #expect(choice.choose(.write(.single), among: [load(.longRead), written])?.index == 1)
        // A read counts for two writes.
        #expect(choice.choose(.write(.single), among: [load(.shortRead), load(.write(.single))])?.index == 1)
        #expect(choice.choose(.write(.single), among: [written, load(.shortRead)])?.index == 0)
    }

    @Test func aConnectionIsGoodWhereNothingHoldsTheCallUp() {
        for lane in [Call.Lane.shortRead, .longRead, .write(.single)] {
            #expect(choice.choose(lane, among: [load()])?.isGood == true)
            #expect(choice.choose(lane, among: [load(.write(.single))])?.isGood == false)
            #expect(choice.choose(lane, among: [load(.shortRead)])?.isGood == (lane == .shortRead))
        }
    }

    private func load(_ lanes: Call.Lane...) -> ConnectionLoad { load(lanes) }

    private func load(_ lanes: [Call.Lane]) -> ConnectionLoad {
        lanes.reduce(into: ConnectionLoad()) { $0.add($1) }
    }
}
