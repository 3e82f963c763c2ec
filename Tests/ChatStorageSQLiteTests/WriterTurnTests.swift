import Testing

@testable import ChatStorageSQLite

/// A writer that never rests leaves the file to others once in a while, and one that rests pays nothing.
@Suite struct WriterTurnTests {
    private let start = ContinuousClock.now

    /// Runs transactions of a length with rests between them, and counts the pauses.
    private func pauses(transactions: Int, of length: Duration, rest: Duration) -> Int {
        var turn = WriterTurn(at: start)
        var now = start
        var pauses = 0
        for _ in 0..<transactions {
            now += rest
            if turn.isOver(at: now) {
                pauses += 1
                now += LockWait.interval
            }
            now += length
            turn.transactionEnded(at: now)
        }
        return pauses
    }

    @Test func aWriterThatNeverRestsPausesTenTimesASecond() {
        #expect(pauses(transactions: 5_000, of: .microseconds(1_980), rest: .microseconds(20)) == 99)
    }

    @Test func onASlowDiskItPausesAfterEachTransaction() {
        #expect(pauses(transactions: 10, of: .milliseconds(150), rest: .microseconds(20)) == 9)
    }

    @Test func aWriterThatRestsDoesNotPause() {
        #expect(pauses(transactions: 5_000, of: .milliseconds(2), rest: .milliseconds(1)) == 0)
    }
}
