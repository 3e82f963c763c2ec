import Testing

@testable import ChatStorageSQLite

/// A writer whose transactions take long leaves the file to others between them.
@Suite struct WriterRestTests {
    private let now = ContinuousClock.now

    private func rest(after held: Duration) -> WriterRest {
        var rest = WriterRest()
        rest.transactionEnded(after: held, at: now)
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
        rest.transactionEnded(after: .milliseconds(2), at: now)
        #expect(rest.remaining(at: now) == .zero)
    }

    @Test func aWriterThatHadNothingToDoHasRested() {
        let rest = rest(after: .milliseconds(200))
        #expect(rest.remaining(at: now + .milliseconds(4)) == .milliseconds(6))
        #expect(rest.remaining(at: now + .microseconds(9_500)) == .zero)
        #expect(rest.remaining(at: now + .seconds(1)) == .zero)
    }
}
