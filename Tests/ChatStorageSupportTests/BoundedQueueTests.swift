import ChatStorageSupport
import Synchronization
import TestSupport
import Testing

/// Calls that wait, up to a number.
@Suite(.timeLimit(.minutes(5))) struct BoundedQueueTests {
    /// Which calls have lost their callers, and how often the queue asked.
    private final class Callers: Sendable {
        private let state = Mutex((cancelled: Set<Int>(), looks: 0))

        var looks: Int { state.withLock(\.looks) }

        func cancel(_ calls: some Sequence<Int>) { state.withLock { $0.cancelled.formUnion(calls) } }

        func queue(limit: Int) -> BoundedQueue<Int> {
            BoundedQueue(limit: limit, waitingFor: "a turn") { [self] call in
                state.withLock { state in
                    state.looks += 1
                    return !state.cancelled.contains(call)
                }
            }
        }
    }

    private let callers = Callers()

    private func rest(_ queue: inout BoundedQueue<Int>) -> [Int] {
        var rest: [Int] = []
        queue.popAll().forEach { rest.append($0) }
        return rest
    }

    @Test func callsLeaveInTheOrderInWhichTheyCame() throws {
        var queue = callers.queue(limit: 500)
        for call in 0..<500 { try queue.append(call) }
        #expect(queue.popFirst() == 0)
        #expect(queue.popFirst { $0 == 2 } == nil && queue.popFirst { $0 == 1 } == 1)
        #expect(queue.count == 498)
        #expect(rest(&queue) == Array(2..<500))
        #expect(queue.isEmpty && queue.popFirst() == nil && rest(&queue) == [])
    }

    @Test func moreThanMayWaitAreRefused() throws {
        var queue = callers.queue(limit: 2)
        for call in 0..<2 { try queue.append(call) }
        let full = QueueRefusal.full(limit: 2, purpose: "a turn")
        #expect(throws: full) { try queue.append(2) }
        _ = queue.popFirst()
        #expect(throws: full) { try queue.append(2, besides: 1) }
        try queue.append(2)
        #expect(rest(&queue) == [1, 2])
        #expect(callers.looks == 0, "nobody has left")
    }

    @Test func aClosedQueueGivesBackWhatItHas() throws {
        var queue = callers.queue(limit: 1)
        try queue.checkIsOpen()
        try queue.append(0)
        queue.close()
        #expect(queue.isClosed)
        // Also where it is full.
        #expect(throws: QueueRefusal.closed) { try queue.append(1) }
        #expect(throws: QueueRefusal.closed) { try queue.checkIsOpen() }
        #expect(queue.popFirst() == 0)
    }

    @Test func cancelledCallsMakeRoom() throws {
        var queue = callers.queue(limit: 4)
        for call in 0..<4 { try queue.append(call) }
        callers.cancel([1, 2])
        for _ in 0..<2 { queue.noteCancellation() }
        for call in 4..<6 { try queue.append(call) }
        #expect(throws: QueueRefusal.self) { try queue.append(6) }
        #expect(rest(&queue) == [0, 3, 4, 5])
    }

    @Test func callsThatNobodyWaitsForGoAtOnce() throws {
        var queue = callers.queue(limit: 10)
        for call in 0..<3 { try queue.append(call) }
        callers.cancel(0..<3)
        for _ in 0..<3 { queue.noteCancellation() }
        #expect(queue.isEmpty)
    }

    @Test func aCancellationCostsALookOnAverage() throws {
        let calls = 1_000
        var queue = callers.queue(limit: calls)
        for call in 0..<calls { try queue.append(call) }
        // Callers whose calls were taken before count too.
        for _ in 0..<10 * calls { queue.noteCancellation() }
        #expect(callers.looks <= 10 * calls)
        #expect(queue.count == calls)
    }

    @Test func callersThatWaitAreFoundWhenTheyWereCancelled() async throws {
        let turns = Turns()
        let first = Task { try await turns.wait() }
        try await waitUntil { !turns.isEmpty }
        await #expect(throws: QueueRefusal.self) { try await turns.wait() }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        let second = Task { try await turns.wait() }
        try await waitUntil { !turns.isEmpty }
        turns.end(7)
        #expect(try await second.value == 7)
    }
}

/// A queue of one caller.
private final class Turns: Sendable {
    private let queue = Mutex(BoundedQueue<CancellableContinuation<Int>>(limit: 1, waitingFor: "a turn"))

    var isEmpty: Bool { queue.withLock(\.isEmpty) }

    func wait() async throws -> Int {
        try await CancellableContinuation<Int>.wait { call in
            do throws(QueueRefusal) {
                try queue.withLock { (queue) throws(QueueRefusal) in try queue.append(call) }
            } catch {
                call.end(.failure(error))
            }
        } onCancel: {
            queue.withLock { $0.noteCancellation() }
        }
    }

    func end(_ value: Int) {
        queue.withLock { $0.popFirst() }?.end(.success(value))
    }
}
