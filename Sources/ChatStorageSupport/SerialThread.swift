import Dispatch
import Synchronization

/// A thread that does one piece of work after another, in the order in which it gets them.
///
/// It starts with the first piece of work. It ends when this value is released and all work is done.
public final class SerialThread: Sendable {
    private let core = Core()

    /// Makes a thread that has not started.
    public init() {}

    deinit {
        core.end()
    }

    /// Gives the thread work to do; it may block.
    public func async(_ work: @escaping @Sendable () -> Void) {
        core.add(work)
    }

    /// Makes the thread do work, which may block, and waits for the result.
    ///
    /// It waits even if the task is cancelled, so that the caller can free what the work uses afterwards.
    public func run<Success: Sendable>(_ work: @escaping @Sendable () throws -> Success) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            async { continuation.resume(with: Result { try work() }) }
        }
    }

    /// What the thread and its owner share; the thread keeps this alive, but not the owner.
    private final class Core: Sendable {
        private struct State {
            var work = FIFO<@Sendable () -> Void>()
            var hasThread = false
            var isEnding = false
        }

        private let state = Mutex(State())
        private let pending = DispatchSemaphore(value: 0)

        func add(_ work: @escaping @Sendable () -> Void) {
            let needsThread = state.withLock { state in
                state.work.append(work)
                defer { state.hasThread = true }
                return !state.hasThread
            }
            if needsThread, !DetachedThread.start({ [self] in loop() }) {
                // The system has no thread left: a shared one does the present work, and the next work tries again.
                DispatchQueue.global().async { [self] in runAll() }
            }
            pending.signal()
        }

        func end() {
            state.withLock { $0.isEnding = true }
            pending.signal()
        }

        private func loop() {
            while true {
                pending.wait()
                let (work, isEnding) = state.withLock { ($0.work.popFirst(), $0.isEnding) }
                if let work {
                    work()
                } else if isEnding {
                    return
                }
            }
        }

        private func runAll() {
            while let work = state.withLock({ state in
                let work = state.work.popFirst()
                if work == nil { state.hasThread = false }
                return work
            }) {
                work()
            }
        }
    }
}
