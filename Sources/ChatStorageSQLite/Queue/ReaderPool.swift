import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// The connections that read, opened as they are needed, and the calls that wait for one.
///
/// A short read runs at once on the caller's thread, without waiting for locks. Long reads, reads that meet a lock and
/// all reads from a slow disk run on the connection's own thread. Waiting for a connection suspends and blocks no
/// thread.
final class ReaderPool: Sendable {
    /// What a read may take on its caller's thread.
    private static let inlineBudget = ReadBudget(bytes: 1 << 20, rows: 256)

    /// A connection that reads, and the thread on which it may block.
    private struct Reader: Sendable {
        let database: Database
        let thread: SerialThread
    }

    private struct State {
        var idle: [Reader] = []
        /// How many there are, including those that are being opened or closed.
        var opened = 0
        var waiting: BoundedQueue<CancellableContinuation<Reader>>
        /// Calls of ``close()``, which wait until there are none.
        var closing: [CheckedContinuation<Void, Never>] = []

        /// Takes a reader for a call, or keeps the call until there is one.
        mutating func admit(
            _ call: CancellableContinuation<Reader>, readers: Int
        ) throws(QueueRefusal) -> Admission {
            try waiting.checkIsOpen()
            if let idle = idle.popLast() { return .reader(idle) }
            if opened < readers {
                opened += 1
                return .opens
            }
            try waiting.append(call)
            return .waits
        }
    }

    private enum Admission {
        case reader(Reader)
        case opens, waits
    }

    private let configuration: StoreSettings
    private let file: OpenedFile
    private let longReads: LongReads
    private let inlineReads = InlineReads()
    private let state: Mutex<State>
    /// Without it a task that only reads would never leave its thread to other tasks, such as writers.
    private let yieldPolicy = YieldPolicy(callsPerLook: 4)

    /// Makes a pool without connections.
    ///
    /// - Parameter longReads: Counts the long reads.
    init(_ configuration: StoreSettings, of file: OpenedFile, longReads: LongReads) {
        self.configuration = configuration
        self.file = file
        self.longReads = longReads
        state = Mutex(State(waiting: BoundedQueue(limit: configuration.waitingCalls, waitingFor: "a reader")))
    }

    /// Runs a body on a connection that reads.
    ///
    /// - Parameter inline: Whether the read is short enough for the caller's thread.
    func read<Result: Sendable>(
        for meter: CallMeter?, inline: Bool, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        if inline, inlineReads.areAllowed {
            let reader = if let idle = takeIdle() { idle } else { try await take() }
            meter?.workBegan()
            do {
                let result = try readInline(reader.database, body)
                meter?.workEnded()
                give(reader)
                if yieldPolicy.isDue() { await Task.yield() }
                return result
            } catch {
                meter?.workEnded()
                give(reader)
                guard Self.goesOnElsewhere(after: error) else { throw (error as? SQLiteFailure)?.error ?? error }
                meter?.isRepeated()
            }
        }
        return try await readOnThread(for: meter, isShort: inline, body)
    }

    /// Adds what the readers are doing.
    func count(into statistics: inout StorageStatistics) {
        state.withLock { state in
            statistics.waitingCalls += state.waiting.count
            statistics.openConnections += state.opened
            statistics.busyConnections += state.opened - state.idle.count
        }
        statistics.waitingCalls += longReads.waitingCount
        statistics.connectionLimit += configuration.readers
    }

    private var observer: (any StorageObserver)? { configuration.observer }

    /// Ends the calls that wait for a connection, and closes each connection once it is unused.
    func close() async {
        let (idle, waiting) = state.withLock { state in
            state.waiting.close()
            defer { state.idle = [] }
            return (state.idle, state.waiting.popAll())
        }
        waiting.forEach { $0.end(.failure(ChatStorageError.closed)) }
        longReads.close()
        for reader in idle { close(reader) }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.opened > 0 { state.closing.append(continuation) }
                return state.opened == 0
            }
            if isDone { continuation.resume() }
        }
    }

    /// Runs a body with bounds on what it reads and on its waits for the disk; the bounds are gone before
    /// another call gets the connection.
    private func readInline<Result>(_ database: Database, _ body: (Database) throws -> Result) throws -> Result {
        let start = database.readWatch.start()
        database.readBudget = Self.inlineBudget
        database.readWatch.endsIfSlow = start
        defer {
            database.readBudget = .unlimited
            database.readWatch.endsIfSlow = nil
            inlineReads.note(isSlow: database.readWatch.isSlow(since: start))
        }
        return try database.read(body)
    }

    /// Whether a read that failed like this on the caller's thread should run again on the connection's own.
    private static func goesOnElsewhere(after error: any Error) -> Bool {
        switch error {
        // Another process recovers or restarts the log, or the disk is slow: the wait must not block a thread that
        // others need.
        case let failure as SQLiteFailure: failure.isBusy || failure.isInterrupted
        // A large read needs the other thread too.
        case is ReadBudgetExceeded: true
        default: false
        }
    }

    /// Reads on a connection's own thread, which may block, until the caller is cancelled.
    private func readOnThread<Result: Sendable>(
        for meter: CallMeter?, isShort: Bool, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        // A short read is here because the disk is slow or the file locked. It must not wait for long ones.
        if !isShort { try await longReads.begin() }
        let reader: Reader
        do {
            reader = if let idle = takeIdle() { idle } else { try await take() }
        } catch {
            if !isShort { longReads.end() }
            throw error
        }
        var isSubmitted = false
        // If the task was cancelled before, the thread gets nothing, so the reader is given back here.
        defer {
            if !isSubmitted {
                give(reader)
                if !isShort { longReads.end() }
            }
        }
        return try await CancellableContinuation<Result>.wait { call in
            isSubmitted = true
            reader.thread.async { [self] in
                let wanted = call.begin()
                let lockWaited = reader.database.lockWaited
                meter?.workBegan()
                let result = Swift.Result {
                    guard wanted else { throw CancellationError() }
                    return try readOnThread(reader.database, for: call, isShort: isShort, body)
                }
                meter?.workEnded(lockWait: reader.database.lockWaited - lockWaited)
                give(reader)
                if !isShort { longReads.end() }
                call.end(result.mapError { ($0 as? SQLiteFailure)?.error ?? $0 })
            }
        }
    }

    private func readOnThread<Result>(
        _ database: Database, for call: CancellableContinuation<Result>, isShort: Bool,
        _ body: (Database) throws -> Result
    ) throws -> Result {
        database.setBusyTimeout(configuration.busyTimeout)
        database.readWatch.isWanted = { call.isWanted }
        let start = database.readWatch.start()
        defer {
            if isShort { inlineReads.note(isSlow: database.readWatch.isSlow(since: start)) }
            database.readWatch.isWanted = nil
            database.setBusyTimeout(.zero)
        }
        return try database.read(body)
    }

    private func takeIdle() -> Reader? {
        state.withLock { $0.idle.popLast() }
    }

    private func take() async throws -> Reader {
        try await CancellableContinuation<Reader>.wait { call in
            do throws(QueueRefusal) {
                let admission = try state.withLock { (state) throws(QueueRefusal) in
                    try state.admit(call, readers: configuration.readers)
                }
                switch admission {
                case .reader(let reader): hand(reader, to: call)
                case .opens: open(on: SerialThread(), for: call)
                case .waits: break
                }
            } catch {
                call.end(.failure(ChatStorageError(error)))
            }
        } onCancel: {
            state.withLock { $0.waiting.noteCancellation() }
        }
    }

    private func open(on thread: SerialThread, for call: CancellableContinuation<Reader>) {
        thread.async { [self] in
            do {
                let database = try Database(configuration, for: .reading, of: file)
                if configuration.holdsSnapshot { try database.holdSnapshot() }
                database.setBusyTimeout(.zero)
                if let observer {
                    observer.connectionOpened(ObservedConnection(.reading, open: state.withLock(\.opened)))
                }
                hand(Reader(database: database, thread: thread), to: call)
            } catch {
                observer?.connectionFailed(with: error)
                call.end(.failure((error as? SQLiteFailure)?.error ?? error))
                // The next in line tries too: it may get another error, and must not wait for ever.
                if let next = state.withLock({ $0.waiting.popFirst() }) {
                    open(on: thread, for: next)
                } else {
                    noteClosed()
                }
            }
        }
    }

    private func hand(_ reader: Reader, to call: CancellableContinuation<Reader>) {
        if !call.end(.success(reader)) { give(reader) }
    }

    private func give(_ reader: Reader) {
        while true {
            let (next, isClosed) = state.withLock { state -> (CancellableContinuation<Reader>?, Bool) in
                if let next = state.waiting.popFirst() { return (next, false) }
                if !state.waiting.isClosed { state.idle.append(reader) }
                return (nil, state.waiting.isClosed)
            }
            guard let next else {
                if isClosed { close(reader) }
                return
            }
            if next.end(.success(reader)) { return }
        }
    }

    /// Closes an unused connection, on its own thread: the last one to close writes to the file.
    private func close(_ reader: Reader) {
        reader.thread.async { [self] in
            reader.database.close()
            if let observer {
                observer.connectionClosed(ObservedConnection(.reading, open: state.withLock(\.opened) - 1))
            }
            noteClosed()
        }
    }

    private func noteClosed() {
        let closing = state.withLock { state in
            state.opened -= 1
            guard state.opened == 0, state.waiting.isClosed else { return [CheckedContinuation<Void, Never>]() }
            defer { state.closing = [] }
            return state.closing
        }
        for continuation in closing { continuation.resume() }
    }
}
