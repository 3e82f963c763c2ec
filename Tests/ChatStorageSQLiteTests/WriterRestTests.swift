import Testing

@testable import ChatStorageSQLite

/// A writer whose transactions take long leaves the file to others between them.
@Suite struct WriterRestTests {
    private let now = ContinuousClock.now

    private func rest(after held: Duration) -> WriterRest {
        var rest = WriterRest()
        rest.transactionBegan(at: now - held)
        rest.transactionEnded(at: now)
        return rest
    }

    @Test func itRestsForATwentiethOfALongTransaction() {
        #expect(rest(after: .milliseconds(200)).remaining(at: now) == .milliseconds(10))
        #expect(rest(after: .milliseconds(20)).remaining(at: now) == .milliseconds(1))
        #expect(rest(after: .seconds(60)).remaining(at: now) == .milliseconds(50))
    }

    @Test func aShortTransactionCostsNoRest() {
        #expect(rest(after: .milliseconds(19)).remaining(at: now) == .zero)
        #expect(WriterRest().remaining(at: now) == .zero)
        var rest = rest(after: .milliseconds(200))
        rest.transactionBegan(at: now)
        rest.transactionEnded(at: now + .milliseconds(2))
        #expect(rest.remaining(at: now + .milliseconds(2)) == .zero)
    }

    @Test func aWriterThatHadNothingToDoHasRested() {
        let rest = rest(after: .milliseconds(200))
        #expect(rest.remaining(at: now + .milliseconds(4)) == .milliseconds(6))
        #expect(rest.remaining(at: now + .milliseconds(10)) == .zero)
        #expect(rest.remaining(at: now + .seconds(1)) == .zero)
    }

    @Test func onlyTheTimeWithTheLockCounts() {
        var rest = WriterRest()
        // No transaction had begun: the lock was not to be had.
        rest.transactionEnded(at: now)
        #expect(rest.end == nil)
    }
}
