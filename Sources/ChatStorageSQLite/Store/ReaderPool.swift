import ChatStorageCore
import Synchronization

/// The connections that read, opened as they are needed, and the calls that wait for one.
///
/// A short read runs at once on the thread that asks, without waiting for locks; a long one, and one that meets a lock,
/// runs on the connection's own thread. Waiting for a connection suspends and blocks no thread.
final class ReaderPool: Sendable {
    /// A connection that reads, and the thread on which it may block.
    private struct Reader: Sendable {
        let database: Database
        let thread: SerialThread
    }

    private struct State {
        var idle: [Reader] = []
        var opened = 0
        var waiting = FIFO<PendingCall<Reader>>()
        var isClosed = false
    }

    private let configuration: SQLiteBackend.Configuration
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
        let reader: Reader = if let idle = state.withLock({ $0.idle.popLast() }) { idle } else { try await take() }
        if inline {
            do {
                let result = try body(reader.database)
                give(reader)
                // Without it a task that only reads would never leave its thread to others, the writers among them.
                await Task.yield()
                return result
            } catch let failure as SQLiteFailure where failure.isBusy {
                // Another process recovers or restarts the log; the wait for it must not block this thread.
            } catch {
                give(reader)
                throw (error as? SQLiteFailure)?.error ?? error
            }
        }
        return try await readOnThread(reader, body)
    }

    /// What the file has, looked up with a connection that changes nothing in it.
    func inspect() async throws -> Schema.State {
        let thread = SerialThread()
        return try await PendingCall<Schema.State>.wait { call in
            thread.async { [configuration] in
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
        // The thread that opened a connection may hold a reference for a moment longer.
        for reader in idle { reader.database.close() }
        var calls = waiting
        while let call = calls.popFirst() { call.end(.failure(Self.closed)) }
    }

    private func readOnThread<Result: Sendable>(
        _ reader: Reader, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        var isSubmitted = false
        // A task that was cancelled before hands nothing to the thread.
        defer { if !isSubmitted { give(reader) } }
        return try await PendingCall<Result>.wait { call in
            isSubmitted = true
            reader.thread.async { [self] in
                let wanted = call.begin()
                let result = Swift.Result {
                    guard wanted else { throw CancellationError() }
                    reader.database.setBusyTimeout(milliseconds: configuration.busyMilliseconds)
                    defer { reader.database.setBusyTimeout(milliseconds: 0) }
                    return try body(reader.database)
                }
                give(reader)
                call.end(result.mapError { ($0 as? SQLiteFailure)?.error ?? $0 })
            }
        }
    }

    private func take() async throws -> Reader {
        enum Admission {
            case reader(Reader)
            case opens, waits, closed, full
        }
        return try await PendingCall<Reader>.wait { call in
            let admission: Admission = state.withLock { state in
                if state.isClosed { return .closed }
                if let idle = state.idle.popLast() { return .reader(idle) }
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
            case .reader(let reader): hand(reader, to: call)
            case .opens: open(on: SerialThread(), for: call)
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

    private func open(on thread: SerialThread, for call: PendingCall<Reader>) {
        thread.async { [self] in
            do {
                let database = try Database(configuration, for: .reading)
                database.setBusyTimeout(milliseconds: 0)
                hand(Reader(database: database, thread: thread), to: call)
            } catch {
                call.end(.failure(error))
                // The next in line tries itself: it may get another error, and must not wait for ever.
                let next = state.withLock { state in
                    let next = state.waiting.popFirst()
                    if next == nil { state.opened -= 1 }
                    return next
                }
                if let next { open(on: thread, for: next) }
            }
        }
    }

    private func hand(_ reader: Reader, to call: PendingCall<Reader>) {
        if !call.end(.success(reader)) { give(reader) }
    }

    private func give(_ reader: Reader) {
        while true {
            let next: PendingCall<Reader>? = state.withLock { state in
                if let next = state.waiting.popFirst() { return next }
                if !state.isClosed { state.idle.append(reader) }
                return nil
            }
            guard let next else { return }
            if next.end(.success(reader)) { return }
        }
    }

    private static let closed = ChatStorageError(.closed, "the storage is closed")
}
