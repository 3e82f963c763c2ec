import Dispatch

/// Runs the tasks that prefer it one after the other on one thread, so that they begin in the order they were made.
final class TurnExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "turns")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Waits until the tasks have come to where they wait for others.
    ///
    /// A task that yields is queued behind this, so it looks more than once.
    func settle() async {
        for _ in 0..<4 {
            await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
        }
    }
}
