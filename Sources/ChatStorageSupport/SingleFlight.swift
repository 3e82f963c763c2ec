import Synchronization

/// Runs a function once for all callers that ask during the run.
///
/// The result is not kept: a later caller starts another run. A cancelled caller disturbs no other. If all are
/// cancelled, so is the run; callers that ask meanwhile get another run once it has ended.
public final class SingleFlight<Value: Sendable>: Sendable {
    private typealias Caller = CancellableContinuation<Value>

    private struct State {
        var callers: BoundedQueue<Caller>
        /// The run under way: there is one at a time.
        var run: Task<Void, Never>?
        /// Whether all its callers have left it; the present callers have come since.
        var isLeft = false
        /// The function for the callers that have come since.
        var next: (@Sendable () async throws -> Value)?
        /// Calls of ``close()``, which wait until there is no run.
        var closing: [CheckedContinuation<Void, Never>] = []

        /// Gives up the run and returns it, to be cancelled; nil if that was done before, or there is no run.
        mutating func leaveRun() -> Task<Void, Never>? {
            guard !isLeft, let run else { return nil }
            isLeft = true
            return run
        }

        mutating func takeClosing() -> [CheckedContinuation<Void, Never>] {
            guard run == nil else { return [] }
            defer { closing = [] }
            return closing
        }
    }

    private let state: Mutex<State>

    /// Makes one without a run.
    ///
    /// - Parameters:
    ///   - limit: How many callers wait at most.
    ///   - purpose: What they wait for, with its article, for the refusal.
    public init(limit: Int, waitingFor purpose: String) {
        state = Mutex(State(callers: BoundedQueue(limit: limit, waitingFor: purpose)))
    }

    /// How many callers wait.
    public var waitingCount: Int { state.withLock { $0.callers.count } }

    /// The result of a run: the one under way, or a new one.
    ///
    /// - Parameters:
    ///   - isFinal: Whether a value can be used by a caller that came after its run began. If not, that caller waits
    ///     for another run: what it did before its call may have changed the value.
    ///   - run: The function. It runs in a task of its own.
    /// - Throws: The function's error; ``QueueRefusal``; `CancellationError`, at once, if the task is cancelled.
    public func value(
        acceptingEarlier isFinal: (Value) -> Bool, by run: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (value, isEarlier) = try await wait(for: run)
        return isEarlier && !isFinal(value) ? try await wait(for: run).value : value
    }

    /// Refuses waiting and later callers, and returns when no run is under way.
    public func close() async {
        let (callers, run) = state.withLock { state in
            state.callers.close()
            return (state.callers.popAll(), state.leaveRun())
        }
        callers.forEach { $0.end(.failure(QueueRefusal.closed)) }
        run?.cancel()
        await withCheckedContinuation { continuation in
            let closing = state.withLock { state in
                state.closing.append(continuation)
                return state.takeClosing()
            }
            for continuation in closing { continuation.resume() }
        }
    }

    private func wait(
        for run: @escaping @Sendable () async throws -> Value
    ) async throws -> (value: Value, isEarlier: Bool) {
        var isEarlier = false
        let value = try await Caller.wait { caller in
            do {
                isEarlier = try join(caller, run)
                // It was cancelled before it was in the queue.
                if !caller.isWanted { noteCancellation() }
            } catch {
                caller.end(.failure(error))
            }
        } onCancel: {
            noteCancellation()
        }
        return (value, isEarlier)
    }

    /// - Returns: Whether the caller waits for a run that had begun before.
    private func join(
        _ caller: Caller, _ run: @escaping @Sendable () async throws -> Value
    ) throws(QueueRefusal) -> Bool {
        try state.withLock { (state) throws(QueueRefusal) in
            try state.callers.append(caller)
            if state.run == nil {
                state.run = begin(run)
                return false
            }
            if state.isLeft { state.next = run }
            return !state.isLeft
        }
    }

    /// Begins a run, in a task of its own so that cancelling one caller does not end it for the others.
    private func begin(_ run: @escaping @Sendable () async throws -> Value) -> Task<Void, Never> {
        Task {
            do {
                end(.success(try await run()))
            } catch {
                end(.failure(error))
            }
        }
    }

    private func end(_ result: Result<Value, any Error>) {
        let (callers, closing) = state.withLock { state in
            defer { (state.isLeft, state.next) = (false, nil) }
            let isLeft = state.isLeft
            state.run = isLeft && !state.callers.isEmpty ? state.next.map(begin) : nil
            return (isLeft ? FIFO() : state.callers.popAll(), state.takeClosing())
        }
        callers.forEach { $0.end(result) }
        for continuation in closing { continuation.resume() }
    }

    /// Cancels the run if it has no callers any more.
    private func noteCancellation() {
        let run = state.withLock { state in
            state.callers.noteCancellation()
            return state.callers.isEmpty ? state.leaveRun() : nil
        }
        run?.cancel()
    }
}
