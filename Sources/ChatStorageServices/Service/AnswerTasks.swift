import ChatStorageCore
import Synchronization

/// The tasks in which a server writes answers; at a shutdown they get time to end.
///
/// If a client goes away, its request ends before the answer does. So write the answer in a task of its own:
///
/// ```swift
/// let writing = try service.answers.start {
///     try await chats.append(streaming: .assistant, to: id) { draft in
///         for try await piece in pieces { draft.append(piece) }
///     }
/// }
/// ```
///
/// When the ``ChatStorageService`` shuts down, no more tasks start, and running ones have its grace. Then they are
/// cancelled: their answers end as stopped, with all that came, before the store is closed.
public final class AnswerTasks: Sendable {
    private struct State {
        var isClosed = false
        var last = 0
        var cancellations: [Int: @Sendable () -> Void] = [:]
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    /// Makes it; a ``ChatStorageService`` has one.
    public init() {}

    /// How many tasks have not ended.
    public var count: Int { state.withLock { $0.cancellations.count } }

    /// Starts a task that inherits the caller's priority and task-local values, such as the span of its request.
    ///
    /// - Parameter body: Writes the answer. It must end when its task is cancelled.
    /// - Returns: The task; cancelling it stops the answer.
    /// - Throws: `ChatStorageError` with the code `closed` once the service shuts down.
    @discardableResult
    public func start<Success: Sendable>(
        _ body: @escaping @Sendable () async throws -> Success
    ) throws -> Task<Success, any Error> {
        try state.withLock { state in
            guard !state.isClosed else { throw ChatStorageError(.closed, "the server is shutting down") }
            state.last += 1
            let id = state.last
            let task = Task {
                defer { end(id) }
                return try await body()
            }
            state.cancellations[id] = { task.cancel() }
            return task
        }
    }

    /// Starts no more tasks, waits for the running ones, and cancels those that are left after the grace.
    ///
    /// - Parameters:
    ///   - grace: How long it waits; if its own task is cancelled, it does not wait.
    ///   - clock: The clock that measures the grace.
    /// - Returns: How many tasks were cancelled.
    func finish(within grace: Duration, clock: any Clock<Duration>) async -> Int {
        state.withLock { $0.isClosed = true }
        if count > 0 {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.wait() }
                group.addTask { try? await clock.sleep(for: grace) }
                await group.next()
                group.cancelAll()
            }
        }
        // Cancelled outside the lock: a task takes the lock when it ends, which can be at once.
        let left = state.withLock { $0.cancellations.values.map { $0 } }
        for cancel in left { cancel() }
        return left.count
    }

    /// Waits until no task is left, or until the caller is cancelled.
    private func wait() async {
        let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
        state.withLock { state in
            if state.cancellations.isEmpty { continuation.finish() } else { state.waiting.append(continuation) }
        }
        for await _ in ends {}
    }

    private func end(_ id: Int) {
        let waiting = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            state.cancellations[id] = nil
            guard state.cancellations.isEmpty else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }
}
