import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// The reads that take long, and pauses in which none is under way.
///
/// SQLite starts the write-ahead log over only when nobody reads from it. If long reads always overlap, that never
/// happens and the log grows for ever. In a pause, new long reads wait for its end, while those under way finish.
final class LongReads: Sendable {
    private struct State {
        var underWay = 0
        var isPaused = false
        /// What to call in this pause once no read is under way.
        var whenNone: (@Sendable () -> Void)?
        var waiting = FIFO<CancellableContinuation<Void>>()
        var isClosed = false
    }

    private let mostWaiting: Int
    private let state = Mutex(State())
    /// How many callers left the queue since it was last looked through.
    private let cancellations = Atomic(0)

    /// Makes a counter at zero.
    ///
    /// - Parameter mostWaiting: How many reads may wait at once for the end of a pause.
    init(mostWaiting: Int) {
        self.mostWaiting = mostWaiting
    }

    /// Counts a read, after the end of a pause if there is one; ``end()`` must follow.
    func begin() async throws {
        let isCounted = state.withLock { state in
            if !state.isPaused { state.underWay += 1 }
            return !state.isPaused
        }
        if !isCounted { try await waitForEndOfPause() }
    }

    /// Notes that a read has ended.
    func end() {
        let whenNone = state.withLock { state in
            state.underWay -= 1
            return state.underWay == 0 ? state.whenNone.take() : nil
        }
        whenNone?()
    }

    /// Begins a pause, and calls the body once no read is under way; the body sees to it that ``resume()`` follows.
    func pause(whenNone body: @escaping @Sendable () -> Void) {
        let isNone = state.withLock { state in
            state.isPaused = true
            if state.underWay > 0 { state.whenNone = body }
            return state.underWay == 0
        }
        if isNone { body() }
    }

    /// Ends a pause.
    func resume() {
        let waiting = state.withLock { state in
            state.isPaused = false
            defer { state.waiting = FIFO() }
            // Counted before they resume, so that the next pause waits for them.
            state.underWay += state.waiting.count
            return state.waiting
        }
        waiting.forEach { if !$0.end(.success(())) { end() } }
    }

    /// Ends the reads that wait.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = FIFO() }
            return state.waiting
        }
        waiting.forEach { $0.end(.failure(ChatStorageError.closed)) }
    }

    private func waitForEndOfPause() async throws {
        enum Admission {
            case begins, waits, closed, full
        }
        try await CancellableContinuation<Void>.wait { call in
            let admission: Admission = state.withLock { state in
                if state.isClosed { return .closed }
                if !state.isPaused {
                    state.underWay += 1
                    return .begins
                }
                if state.waiting.count >= mostWaiting {
                    // Looking through the queue costs its length, so only where a caller has left it.
                    if cancellations.exchange(0, ordering: .relaxed) > 0 { state.waiting.removeAll { !$0.isWanted } }
                    if state.waiting.count >= mostWaiting { return .full }
                }
                state.waiting.append(call)
                return .waits
            }
            switch admission {
            case .begins: if !call.end(.success(())) { end() }
            case .waits: break
            case .closed: call.end(.failure(ChatStorageError.closed))
            case .full: call.end(.failure(ReaderPool.full(mostWaiting)))
            }
        } onCancel: {
            cancellations.add(1, ordering: .relaxed)
        }
    }
}
