import Testing

@testable import ChatStorageSQLite

/// How long a connection asks for a lock.
@Suite struct LockWaitTests {
    private let start = ContinuousClock.now

    private func wait(_ timeout: Duration) -> LockWait {
        let wait = LockWait()
        wait.timeout = timeout
        return wait
    }

    @Test func withoutATimeItDoesNotWait() {
        #expect(!wait(.zero).goesOn(asked: 0, at: start))
    }

    @Test func itAsksUntilItsTimeIsOver() {
        let wait = wait(.seconds(5))
        #expect(wait.goesOn(asked: 0, at: start))
        #expect(wait.goesOn(asked: 4_900, at: start + .milliseconds(4_999)))
        #expect(!wait.goesOn(asked: 4_901, at: start + .seconds(5)))
    }

    @Test func theNextWaitHasTheWholeTimeAgain() {
        let wait = wait(.seconds(5))
        #expect(wait.goesOn(asked: 0, at: start))
        #expect(!wait.goesOn(asked: 1, at: start + .seconds(9)))
        #expect(wait.goesOn(asked: 0, at: start + .seconds(10)))
        #expect(wait.goesOn(asked: 1, at: start + .seconds(14)))
    }

    @Test func aTimeThatHasPassedIsGoodForOneMoreAttempt() {
        let wait = wait(.seconds(-1))
        #expect(wait.goesOn(asked: 0, at: start))
        #expect(!wait.goesOn(asked: 1, at: start))
    }
}
