import ChatStorageConformance
import Synchronization

/// A run that can be cancelled at any time, also before it has begun.
final class CancellableRun: Sendable {
    private struct State {
        var task: Task<ConformanceReport, Never>?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Makes the run and gives its report.
    func value(of body: @escaping @Sendable () async -> ConformanceReport) async -> ConformanceReport {
        let task = state.withLock { state in
            let task = Task(operation: body)
            state.task = task
            if state.isCancelled { task.cancel() }
            return task
        }
        return await task.value
    }

    /// Ends the run early.
    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }
}
