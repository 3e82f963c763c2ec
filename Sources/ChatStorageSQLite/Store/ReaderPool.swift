import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// The connections that read, opened as they are needed, and the calls that wait for one.
///
/// A short read runs at once on the thread that asks, without waiting for locks; a long one, and one that meets a lock,
/// runs on the connection's own thread. Waiting for a connection suspends and blocks no thread.
final class ReaderPool: Sendable {
    /// A read on the thread that asks goes on elsewhere after so many bytes of text.
    private static let inlineBytes = 1 << 20

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
    private let file: OpenedFile
    private let state = Mutex(State())
    /// How many callers left the queue since it was last looked through.
    private let cancellations = Atomic(0)
    /// A task that only reads would never leave its thread to others, the writers among them.
    private let pace = Pace(callsPerLook: 4)

    init(_ configuration: SQLiteBackend.Configuration, of file: OpenedFile) {
        self.configuration = configuration
        self.file = file
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
                let result = try Self.readInline(reader.database, body)
                give(reader)
                if pace.isOver() { await Task.yield() }
                return result
            } catch let failure as SQLiteFailure where failure.isBusy {
                // Another process recovers or restarts the log; the wait for it must not block this thread.
            } catch is TextBudgetExceeded {
                // The texts are long, so the rest of the reading is not for this thread either.
            } catch {
                give(reader)
                throw (error as? SQLiteFailure)?.error ?? error
            }
        }
        return try await readOnThread(reader, body)
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
        while let call = calls.popFirst() { call.end(.failure(ChatStorageError.closed)) }
    }

    /// Runs a body with a bound on the text that it reads; the bound is gone before anybody else gets the connection.
    private static func readInline<Result>(
        _ database: Database, _ body: (Database) throws -> Result
    ) throws -> Result {
        database.textBudget = inlineBytes
        defer { database.textBudget = .max }
        return try database.read(body)
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
                    reader.database.setBusyTimeout(configuration.busyTimeout)
                    defer { reader.database.setBusyTimeout(.zero) }
                    return try reader.database.read(body)
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
                    // Looking through the queue costs its length, so only where a caller has left it.
                    if cancellations.exchange(0, ordering: .relaxed) > 0 { state.waiting.removeAll { !$0.isWanted } }
                    if state.waiting.count >= configuration.waitingCalls { return .full }
                }
                state.waiting.append(call)
                return .waits
            }
            switch admission {
            case .reader(let reader): hand(reader, to: call)
            case .opens: open(on: SerialThread(), for: call)
            case .waits: break
            case .closed: call.end(.failure(ChatStorageError.closed))
            case .full:
                call.end(
                    .failure(
                        ChatStorageError(.unavailable, "\(configuration.waitingCalls) calls wait for a reader already"))
                )
            }
        } onCancel: {
            cancellations.add(1, ordering: .relaxed)
        }
    }

    private func open(on thread: SerialThread, for call: PendingCall<Reader>) {
        thread.async { [self] in
            do {
                let database = try Database(configuration, for: .reading, of: file)
                database.setBusyTimeout(.zero)
                hand(Reader(database: database, thread: thread), to: call)
            } catch {
                call.end(.failure((error as? SQLiteFailure)?.error ?? error))
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
}
