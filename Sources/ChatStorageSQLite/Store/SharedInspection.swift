import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// Looks what a file has, once for all calls that ask at the same time.
final class SharedInspection: Sendable {
    private struct State {
        var waiting: [CancellableContinuation<Schema.State>] = []
        var isClosed = false
    }

    private let configuration: SQLiteBackend.Configuration
    private let thread = SerialThread()
    private let state = Mutex(State())

    init(_ configuration: SQLiteBackend.Configuration) {
        self.configuration = configuration
    }

    /// What the file has, looked up with a connection that changes nothing in it.
    func result() async throws -> Schema.State {
        try await CancellableContinuation<Schema.State>.wait { call in
            enum Admission {
                case first, waits, closed, full
            }
            let admission: Admission = state.withLock { state in
                if state.isClosed { return .closed }
                if state.waiting.count >= configuration.waitingCalls { return .full }
                state.waiting.append(call)
                return state.waiting.count == 1 ? .first : .waits
            }
            switch admission {
            case .first: thread.async { [self] in inspect() }
            case .waits: break
            case .closed: call.end(.failure(ChatStorageError.closed))
            case .full:
                call.end(.failure(ChatStorageError(.unavailable, "\(configuration.waitingCalls) calls wait already")))
            }
        }
    }

    /// Ends the calls that wait, and returns when no file is looked at any more.
    func close() async {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for call in waiting { call.end(.failure(ChatStorageError.closed)) }
        await withCheckedContinuation { continuation in thread.async { continuation.resume() } }
    }

    private func inspect() {
        let result: Result<Schema.State, any Error> = Result { try Self.inspect(configuration) }.mapError {
            ($0 as? SQLiteFailure)?.error ?? $0
        }
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for call in waiting { call.end(result) }
    }

    private static func inspect(_ configuration: SQLiteBackend.Configuration) throws -> Schema.State {
        do {
            return try Schema.inspect(Database(configuration, for: .inspecting))
        } catch let failure as SQLiteFailure where failure.needsRecovery {
            // A process ended in mid-transaction. Rolling that back restores what was committed, and changes nothing else.
            return try Schema.inspect(Database(configuration, for: .reading))
        }
    }
}
