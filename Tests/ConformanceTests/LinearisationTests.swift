import ChatStorageConformance
import ChatStorageCore
import Testing

/// The search for an order, on histories whose answer is known.
@Suite struct LinearisationTests {
    private static let time = Timestamp.past

    private func appended(_ sequence: Int64, _ content: String) -> Message {
        Message(conversationID: "one", sequence: sequence, role: .user, content: content, createdAt: Self.time)
    }

    private func append(_ content: String, as sequence: Int64, _ span: ClosedRange<Int>) -> HistoryEntry {
        HistoryEntry(
            caller: 0, call: .append([.user(content)], to: "one", if: .createIfMissing),
            outcome: .returned(
                .appended(
                    AppendResult(
                        messages: [appended(sequence, content)],
                        version: ConversationVersion(createdAt: Self.time, lastSequence: sequence)))), span: span)
    }

    private func read(_ contents: String..., at span: ClosedRange<Int>) -> HistoryEntry {
        let messages = contents.enumerated().map { appended(Int64($0) + 1, $1) }
        return HistoryEntry(
            caller: 1, call: .messages(of: "one", .end, limit: 100),
            outcome: .returned(.messages(MessagePage(items: messages, hasMore: false))), span: span)
    }

    private func clear(_ count: Int, _ span: ClosedRange<Int>) -> HistoryEntry {
        HistoryEntry(caller: 2, call: .clearMessages(of: "one"), outcome: .returned(.count(count)), span: span)
    }

    @Test func aHistoryOfNothingIsExplained() {
        #expect(Linearisation(of: []).isComplete)
    }

    @Test func callsOneAfterTheOtherAreExplainedInTheirOrder() {
        let history = [append("a", as: 1, 1...2), read("a", at: 3...4), append("b", as: 2, 5...6), clear(2, 7...8)]
        #expect(Linearisation(of: history).longest == [0, 1, 2, 3])
    }

    @Test("calls at once are explained in another order than they began")
    func callsAtOnceAreExplained() {
        // The second append was first, and the read came between them although it began before both.
        let history = [read("b", at: 1...9), append("a", as: 2, 2...8), append("b", as: 1, 3...7)]
        #expect(Linearisation(of: history).longest == [2, 0, 1])
    }

    @Test func aReadDuringAnAppendMayShowEitherState() {
        #expect(Linearisation(of: [append("a", as: 1, 1...4), read(at: 2...3)]).isComplete)
        #expect(Linearisation(of: [append("a", as: 1, 1...4), read("a", at: 2...3)]).isComplete)
    }

    @Test func aReadAfterAnAppendMustShowIt() {
        let linearisation = Linearisation(of: [append("a", as: 1, 1...2), read(at: 3...4)])
        #expect(!linearisation.isComplete)
        #expect(linearisation.longest == [0])
        #expect(linearisation.obstacles.count == 1)
    }

    @Test func aReadMustNotShowWhatWasNotYetBegun() {
        #expect(!Linearisation(of: [read("a", at: 1...2), append("a", as: 1, 3...4)]).isComplete)
    }

    @Test func twoReadersMustNotSeeTheSameAppendComeAndGo() {
        let append = append("a", as: 1, 1...10)
        #expect(Linearisation(of: [append, read(at: 2...3), read("a", at: 4...5)]).isComplete)
        #expect(!Linearisation(of: [append, read("a", at: 2...3), read(at: 4...5)]).isComplete)
        // At once, they may.
        #expect(Linearisation(of: [append, read("a", at: 2...5), read(at: 3...4)]).isComplete)
    }

    @Test func twoAppendsMustNotGetOneSequence() {
        #expect(!Linearisation(of: [append("a", as: 1, 1...3), append("b", as: 1, 2...4)]).isComplete)
    }

    @Test func aClearMustCountWhatItRemoved() {
        let appends = [append("a", as: 1, 1...2), append("b", as: 2, 3...6)]
        #expect(Linearisation(of: appends + [clear(1, 4...7), read(at: 8...9)]).isComplete == false)
        #expect(Linearisation(of: appends + [clear(2, 4...7), read(at: 8...9)]).isComplete)
        #expect(!Linearisation(of: appends + [clear(0, 4...7)]).isComplete)
    }

    @Test func aDeadEndIsLeftForAnotherOrder() {
        // Many calls at once, of which only one order fits: the search must go back, and not for ever.
        let history = (1...10).reversed().map { append("\($0)", as: $0, 1...100) }
        #expect(Linearisation(of: history).longest == (0..<10).reversed())
        let lost = history + [append("lost", as: 12, 1...100)]
        #expect(Linearisation(of: lost).longest.count == 10)
    }
}
