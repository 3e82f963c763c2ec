import Synchronization

/// Work that a store waits for when it is closed: how much is under way, and who waits.
package final class WorkUnderWay: Sendable {
    private struct State {
        var count = 0
        var isClosed = false
        /// Calls of ``close()``, which wait until there is none.
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Makes a counter without any work.
    package init() {}

    /// Counts work that begins; false if it is closed.
    package func begin() -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.count += 1
            return true
        }
    }

    /// Counts work that has ended.
    package func end() {
        let closing = state.withLock { state in
            state.count -= 1
            guard state.count == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.closing = [] }
            return state.closing
        }
        for continuation in closing { continuation.resume() }
    }

    /// Refuses further work, and returns when what is under way has ended.
    package func close() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                state.isClosed = true
                if state.count > 0 { state.closing.append(continuation) }
                return state.count == 0
            }
            if isDone { continuation.resume() }
        }
    }
}
