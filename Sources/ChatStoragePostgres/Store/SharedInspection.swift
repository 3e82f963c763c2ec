import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// Looks for the tables, once for all calls that ask at the same time.
final class SharedInspection: Sendable {
    private typealias Waiting = CancellableContinuation<SchemaInspection.Location>

    private struct State {
        var waiting: [Waiting] = []
        var task: Task<Void, Never>?
        /// The number of the inspection under way, or of the next.
        var number = 0
        /// An upper bound of how many calls were cancelled since the queue was last searched.
        var cancelled = 0

        mutating func removeCancelled() {
            waiting.removeAll { !$0.isWanted }
            cancelled = 0
        }

        /// Makes room for the next inspection.
        mutating func takeWaiting() -> [Waiting] {
            defer { self = State(number: number + 1) }
            return waiting
        }
    }

    private enum Admission {
        case first, joined, full
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Makes one with no inspection under way.
    ///
    /// - Parameter limit: How many calls wait at most; one more is `unavailable`.
    init(limit: Int) {
        self.limit = limit
    }

    /// How many calls wait.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Where the tables are.
    ///
    /// - Parameter inspect: Looks once.
    func location(
        _ inspect: @escaping @Sendable () async throws -> SchemaInspection.Location
    ) async throws -> SchemaInspection.Location {
        let (location, isJoined) = try await look(inspect)
        // The inspection began before this call, which may know that the tables were made meanwhile.
        guard isJoined else { return location }
        if case .present = location { return location }
        return try await look(inspect).location
    }

    private func look(
        _ inspect: @escaping @Sendable () async throws -> SchemaInspection.Location
    ) async throws -> (location: SchemaInspection.Location, isJoined: Bool) {
        var isJoined = false
        let location = try await Waiting.wait { call in
            let admission = admit(call, inspect)
            isJoined = admission == .joined
            if admission == .full {
                call.end(.failure(ChatStorageError(.unavailable, "\(limit) calls wait already")))
            } else if !call.isWanted {
                // It was cancelled before it was there to be found.
                noteCancelled()
            }
        } onCancel: {
            self.noteCancelled()
        }
        return (location, isJoined)
    }

    private func admit(
        _ call: Waiting, _ inspect: @escaping @Sendable () async throws -> SchemaInspection.Location
    ) -> Admission {
        state.withLock { state in
            if state.waiting.count >= limit, state.cancelled > 0 { state.removeCancelled() }
            guard state.waiting.count < limit else { return .full }
            state.waiting.append(call)
            guard state.task == nil else { return .joined }
            // Not in a caller's task, so that the others go on when that is cancelled.
            state.task = Task { [number = state.number] in
                do {
                    end(number, .success(try await inspect()))
                } catch {
                    end(number, .failure(error))
                }
            }
            return .first
        }
    }

    private func end(_ number: Int, _ result: Result<SchemaInspection.Location, any Error>) {
        let waiting = state.withLock { state in
            state.number == number ? state.takeWaiting() : []
        }
        for call in waiting { call.end(result) }
    }

    /// Takes note that a call was cancelled, and stops an inspection whose callers all were.
    private func noteCancelled() {
        let task = state.withLock { state -> Task<Void, Never>? in
            state.cancelled += 1
            guard state.cancelled >= state.waiting.count else { return nil }
            state.removeCancelled()
            guard state.waiting.isEmpty else { return nil }
            defer { _ = state.takeWaiting() }
            return state.task
        }
        task?.cancel()
    }
}
