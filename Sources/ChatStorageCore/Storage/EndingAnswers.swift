import Synchronization

/// The answers whose ends are being written: a store that closes waits for them.
///
/// A task that is cancelled while it writes an answer writes the end outside the cancelled task. From the moment of the
/// cancellation it is counted, so that a store which is closed right afterwards still accepts it.
public final class EndingAnswers: Sendable {
    private struct State {
        var count = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Makes one; each store has its own, which all its handles share.
    public init() {}

    /// Counts an end that is going to be written.
    package func begin() {
        state.withLock { $0.count += 1 }
    }

    /// Stops counting an end: it was written, or could not be.
    package func end() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.count -= 1
            guard state.count == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until no end is being written; a backend calls it when it is closed, before it refuses calls.
    public func wait() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.count > 0 { state.waiting.append(continuation) }
                return state.count == 0
            }
            if isIdle { continuation.resume() }
        }
    }
}
