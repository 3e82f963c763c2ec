import Synchronization

/// What callers note while something is done to their server, and who waits until they have noted something.
final class CallersNotes<Notes: Sendable>: Sendable {
    private struct State {
        var notes: Notes
        var waiting: [(condition: @Sendable (Notes) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
        var isEnding = false
    }

    private let state: Mutex<State>

    init(_ notes: Notes) { state = Mutex(State(notes: notes)) }

    /// What they noted so far.
    var notes: Notes { state.withLock { $0.notes } }

    /// Whether the callers are to end after their calls.
    var isEnding: Bool { state.withLock { $0.isEnding } }

    /// Waits until what the callers noted satisfies a condition.
    ///
    /// - Throws: `CancellationError`, after which the callers end: a time limit cancels the task and waits for it.
    func reach(_ condition: @escaping @Sendable (Notes) -> Bool) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReached = state.withLock { state in
                    if state.isEnding || condition(state.notes) { return true }
                    state.waiting.append((condition, continuation))
                    return false
                }
                if isReached { continuation.resume() }
            }
        } onCancel: {
            end()
        }
        try Task.checkCancellation()
    }

    /// Has the callers end after their calls, and whoever waits for them go on.
    func end() {
        let waiting = state.withLock { state in
            state.isEnding = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume() }
    }

    func note(_ change: (inout Notes) -> Void) {
        let reached = state.withLock { state in
            change(&state.notes)
            let reached = state.waiting.filter { $0.condition(state.notes) }
            if !reached.isEmpty { state.waiting.removeAll { $0.condition(state.notes) } }
            return reached
        }
        for waiter in reached { waiter.continuation.resume() }
    }
}
