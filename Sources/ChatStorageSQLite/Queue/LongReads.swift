import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// The reads that take long, and pauses in which none is under way.
///
/// SQLite starts the write-ahead log over only when no connection reads from it. If long reads always overlap, that
/// never happens and the log grows for ever. In a pause, new long reads wait for its end, while those under way finish.
final class LongReads: Sendable {
    private struct State {
        var underWay = 0
        /// How many pauses have begun and not ended.
        var pauses = 0
        /// The bodies to call in these pauses once no read is under way.
        var whenNone: [@Sendable () -> Void] = []
        var waiting: BoundedQueue<CancellableContinuation<Void>>

        /// Counts a read, unless it must wait.
        mutating func count() -> Bool {
            if pauses == 0 { underWay += 1 }
            return pauses == 0
        }

        /// Counts a read, or keeps its call until the end of the pause.
        mutating func admit(_ call: CancellableContinuation<Void>) throws(QueueRefusal) -> Bool {
            try waiting.checkIsOpen()
            if count() { return true }
            try waiting.append(call)
            return false
        }
    }

    private let state: Mutex<State>

    /// Makes a counter at zero.
    ///
    /// - Parameter mostWaiting: How many reads may wait at once for the end of a pause.
    init(mostWaiting: Int) {
        state = Mutex(State(waiting: BoundedQueue(limit: mostWaiting, waitingFor: "a reader")))
    }

    /// How many reads wait for the end of a pause.
    var waitingCount: Int { state.withLock(\.waiting.count) }

    /// Counts a read, after the end of a pause if there is one; ``end()`` must follow.
    func begin() async throws {
        if !state.withLock({ $0.count() }) { try await waitForEndOfPause() }
    }

    /// Notes that a read has ended.
    func end() {
        let whenNone: [@Sendable () -> Void] = state.withLock { state in
            state.underWay -= 1
            guard state.underWay == 0 else { return [] }
            defer { state.whenNone = [] }
            return state.whenNone
        }
        for body in whenNone { body() }
    }

    /// Begins a pause, and calls the body once no read is under way; the body must make ``resume()`` follow.
    func pause(whenNone body: @escaping @Sendable () -> Void) {
        let isNone = state.withLock { state in
            state.pauses += 1
            if state.underWay > 0 { state.whenNone.append(body) }
            return state.underWay == 0
        }
        if isNone { body() }
    }

    /// Ends a pause; waiting reads go on if it was the only pause.
    func resume() {
        let waiting = state.withLock { state in
            state.pauses -= 1
            guard state.pauses == 0 else { return FIFO<CancellableContinuation<Void>>() }
            // Counted before they resume, so that the next pause waits for them.
            state.underWay += state.waiting.count
            return state.waiting.popAll()
        }
        waiting.forEach { if !$0.end(.success(())) { end() } }
    }

    /// Ends the reads that wait.
    func close() {
        let waiting = state.withLock { state in
            state.waiting.close()
            return state.waiting.popAll()
        }
        waiting.forEach { $0.end(.failure(ChatStorageError.closed)) }
    }

    private func waitForEndOfPause() async throws {
        try await CancellableContinuation<Void>.wait { call in
            do throws(QueueRefusal) {
                let isCounted = try state.withLock { (state) throws(QueueRefusal) in try state.admit(call) }
                if isCounted, !call.end(.success(())) { end() }
            } catch {
                call.end(.failure(ChatStorageError(error)))
            }
        } onCancel: {
            state.withLock { $0.waiting.noteCancellation() }
        }
    }
}
