import ChatStorageCore
import Testing

@testable import ChatStoragePostgres

/// The cost of more calls than may wait, counted as the calls that are looked at.
@Suite struct OverloadTests {
    private let sweep = CancellationSweep()

    @Test func callsThatWaitAreNotSearchedWhileNobodyIsCancelled() {
        for waiting in [0, 1, 16_383, 16_384, 20_000] {
            #expect(!sweep.isDue(cancelled: 0, waiting: waiting))
            #expect(!sweep.isDue(cancelled: 0, waiting: waiting, isClosing: true))
        }
    }

    @Test func aCancellationCostsNoMoreThanSoManyLooks() {
        var (looks, cancelled, freed) = (0, 0, 0)
        let (cancellations, waiting) = (10_000, 16_384)
        // One caller is cancelled at each turn of the loop, and another takes the room of those that were found.
        for _ in 0..<cancellations {
            cancelled += 1
            guard sweep.isDue(cancelled: cancelled, waiting: waiting) else { continue }
            looks += waiting
            freed += cancelled
            cancelled = 0
        }
        #expect(looks <= CancellationSweep.looksPerCancellation * cancellations)
        #expect(freed > cancellations - waiting / CancellationSweep.looksPerCancellation)
    }

    /// A call that nobody waits for keeps its messages in memory.
    @Test func whatIsCancelledGoesBeforeTheQueueIsFull() {
        #expect(!sweep.isDue(cancelled: 1, waiting: 16_000) && sweep.isDue(cancelled: 250, waiting: 16_000))
        #expect(sweep.isDue(cancelled: 1, waiting: 1))
        // Closing waits for none of them.
        #expect(sweep.isDue(cancelled: 1, waiting: 100, isClosing: true))
    }
}

/// Calls that are sent again after a while.
@Suite struct DelayQueueTests {
    private let now = ContinuousClock.now

    @Test func whatIsDueFirstComesFirst() {
        var queue = DelayQueue<Int>()
        let delays = (0..<500).map { $0 * 7_919 % 500 }
        for delay in delays { queue.add(delay, due: now + .milliseconds(delay)) }
        #expect(queue.count == 500 && queue.nextDue == now)
        #expect(queue.popDue(now: now - .milliseconds(1)) == nil)
        #expect(takeAll(&queue, until: .milliseconds(99)) == Array(0..<100))
        #expect(queue.nextDue == now + .milliseconds(100) && queue.count == 400)
        #expect(queue.removeAll { $0 % 3 != 0 }.count == 267)
        #expect(takeAll(&queue, until: .seconds(1)) == (100..<500).filter { $0 % 3 == 0 })
        #expect(queue.count == 0 && queue.nextDue == nil && queue.removeAll { _ in true } == [])
    }

    private func takeAll(_ queue: inout DelayQueue<Int>, until delay: Duration) -> [Int] {
        var taken: [Int] = []
        while let next = queue.popDue(now: now + delay) { taken.append(next) }
        return taken
    }
}
