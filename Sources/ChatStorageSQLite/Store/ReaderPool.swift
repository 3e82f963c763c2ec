import ChatStorageCore
import Dispatch
import Synchronization

/// The connections that read, opened as they are needed, and the calls that wait for one.
///
/// A short read runs at once on the thread that asks, without waiting for locks; a long one, and one that meets a lock,
/// runs on a thread of the pool. Waiting for a connection suspends and blocks no thread.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [Database] = []
        var opened = 0
        var waiting = FIFO<PendingCall<Database>>()
        var isClosed = false
    }

    private let configuration: SQLiteBackend.Configuration
    private let queue = DispatchQueue(label: "ChatStorage.SQLite.readers", attributes: .concurrent)
    private let state = Mutex(State())

    init(_ configuration: SQLiteBackend.Configuration) {
        self.configuration = configuration
    }

    /// Runs a body on a connection that reads.
    ///
    /// - Parameter inline: Whether the read is short enough for the thread that asks.
    func read<Result: Sendable>(
        inline: Bool, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        let database: Database =
            if let idle = state.withLock({ $0.idle.popLast() }) { idle } else { try await take() }
        if inline {
            do {
                let result = try body(database)
                give(database)
                return result
            } catch let failure as SQLiteFailure where failure.isBusy {
                // Another process recovers or restarts the log; the wait for it must not block this thread.
            } catch {
                give(database)
                throw (error as? SQLiteFailure)?.error ?? error
            }
        }
        return try await readOnQueue(database, body)
    }

    /// What the file has, looked up with a connection that changes nothing in it.
    func inspect() async throws -> Schema.State {
        try await PendingCall<Schema.State>.wait { call in
            queue.async { [configuration] in
                guard call.begin() else { return }
                let state = Result { try Schema.inspect(Database(configuration, for: .inspecting)) }
                call.end(state.mapError { ($0 as? SQLiteFailure)?.error ?? $0 })
            }
        }
    }

    /// Closes the connections that nobody uses; those in use are closed as they come back.
    func close() {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            defer {
                state.idle = []
                state.waiting = FIFO()
            }
            return (state.idle, state.waiting)
        }
        _ = consume idle
        var calls = waiting
        while let call = calls.popFirst() { call.end(.failure(Self.closed)) }
    }

    private func readOnQueue<Result: Sendable>(
        _ database: Database, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        var isSubmitted = false
        // A task that was cancelled before hands nothing to the queue.
        defer { if !isSubmitted { give(database) } }
        return try await PendingCall<Result>.wait { call in
            isSubmitted = true
            queue.async { [self] in
                let wanted = call.begin()
                let result = Swift.Result {
                    guard wanted else { throw CancellationError() }
                    database.setBusyTimeout(milliseconds: configuration.busyMilliseconds)
                    defer { database.setBusyTimeout(milliseconds: 0) }
                    return try body(database)
                }
                give(database)
                call.end(result.mapError { ($0 as? SQLiteFailure)?.error ?? $0 })
            }
        }
    }

    private func take() async throws -> Database {
        enum Admission {
            case connection(Database)
            case opens, waits, closed, full
        }
        return try await PendingCall<Database>.wait { call in
            let admission: Admission = state.withLock { state in
                if state.isClosed { return .closed }
                if let idle = state.idle.popLast() { return .connection(idle) }
                if state.opened < configuration.readers {
                    state.opened += 1
                    return .opens
                }
                if state.waiting.count >= configuration.waitingCalls {
                    state.waiting.removeAll { !$0.isWanted }
                    if state.waiting.count >= configuration.waitingCalls { return .full }
                }
                state.waiting.append(call)
                return .waits
            }
            switch admission {
            case .connection(let database): hand(database, to: call)
            case .opens: queue.async { [self] in open(for: call) }
            case .waits: break
            case .closed: call.end(.failure(Self.closed))
            case .full:
                call.end(
                    .failure(
                        ChatStorageError(.unavailable, "\(configuration.waitingCalls) calls wait for a reader already"))
                )
            }
        }
    }

    private func open(for call: PendingCall<Database>) {
        do {
            let database = try Database(configuration, for: .reading)
            database.setBusyTimeout(milliseconds: 0)
            hand(database, to: call)
        } catch {
            call.end(.failure(error))
            // The next in line tries itself: it may get another error, and must not wait for ever.
            let next = state.withLock { state in
                let next = state.waiting.popFirst()
                if next == nil { state.opened -= 1 }
                return next
            }
            if let next { queue.async { [self] in open(for: next) } }
        }
    }

    private func hand(_ database: Database, to call: PendingCall<Database>) {
        if !call.end(.success(database)) { give(database) }
    }

    private func give(_ database: Database) {
        while true {
            let next: PendingCall<Database>? = state.withLock { state in
                if let next = state.waiting.popFirst() { return next }
                if !state.isClosed { state.idle.append(database) }
                return nil
            }
            guard let next else { return }
            if next.end(.success(database)) { return }
        }
    }

    private static let closed = ChatStorageError(.closed, "the storage is closed")
}
