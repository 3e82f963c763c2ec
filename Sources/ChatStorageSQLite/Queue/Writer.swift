import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// The one connection that writes, and the calls that wait for it.
///
/// A lone call is committed at once. Calls that come while others are under way are committed with them or together
/// after them, so they share the wait for the disk but not their failures (group commit). A call is answered only after
/// its COMMIT.
final class Writer: Sendable {
    /// The room that a commit still has.
    private struct Room {
        private var calls = 256
        private var bytes = 4 << 20

        /// Takes room for a call; the first fits whatever its size.
        mutating func take(_ call: any WriteCall) -> Bool {
            guard calls == 256 || calls > 0 && call.bytes <= bytes else { return false }
            calls -= 1
            bytes -= call.bytes
            return true
        }
    }

    private struct State {
        var waiting: BoundedQueue<any WriteCall>
        var isRunning = false
        /// Whether the connection is open.
        var isOpen = false
    }

    /// A connection, and what moves its log into the file.
    private struct Connection {
        let database: Database
        var mover: LogMover
        var schedule = LogSchedule()

        @discardableResult
        mutating func moveLog(
            waiting wait: Duration, attempts: Int = 3, _ observer: (any StorageObserver)?
        ) -> Int? {
            let start = observer.map { _ in ContinuousClock.now }
            let length = database.logPages
            let pages = mover.moveLog(lockedBy: database, waiting: wait, attempts: attempts)
            if let observer, let start {
                observer.checkpointEnded(
                    ObservedCheckpoint(pages: length, isComplete: pages != nil, duration: .now - start))
            }
            return pages
        }
    }

    /// How long moving the log waits for another process's transaction, after which the next calls' own wait begins.
    private var longestWaitForLog: Duration { min(configuration.busyTimeout, .seconds(1)) }

    private let configuration: StoreSettings
    private let file: OpenedFile
    private let longReads: LongReads
    private let thread = SerialThread()
    private let state: Mutex<State>
    /// Work to do between two transactions.
    private let work = Mutex<[@Sendable (inout Connection?) -> Void]>([])
    /// Opened by the first call.
    ///
    /// Only the thread touches it; the lock states that for the compiler.
    private let connection = Mutex<Connection?>(nil)

    /// Makes a writer without a connection.
    ///
    /// - Parameter longReads: The reads to pause if they keep the log from starting over.
    init(_ configuration: StoreSettings, of file: OpenedFile, longReads: LongReads) {
        self.configuration = configuration
        self.file = file
        self.longReads = longReads
        let waiting = BoundedQueue<any WriteCall>(limit: configuration.waitingCalls, waitingFor: "the writer") {
            $0.isWanted
        }
        state = Mutex(State(waiting: waiting))
    }

    /// Runs a body, whole or not at all, and waits for its commit.
    ///
    /// - Parameter bytes: About how many bytes it writes.
    func write<Result: Sendable>(
        for meter: CallMeter?, bytes: Int, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await CancellableContinuation<Result>.wait { call in
            submit(Write(call: call, meter: meter, bytes: bytes, body: body))
        } onCancel: {
            state.withLock { $0.waiting.noteCancellation() }
        }
    }

    /// Makes a missing file and its schema, or migrates an older schema.
    func prepareSchema(in file: DatabaseFile) async throws {
        try await CancellableContinuation<Void>.wait { call in
            thread.async { [self] in
                guard call.begin() else { return }
                let result = Result {
                    // A closed store must make nothing: its file may have been removed on purpose.
                    guard !state.withLock(\.waiting.isClosed) else { throw ChatStorageError.closed }
                    try file.create()
                    let database = try Database(configuration, for: .writing)
                    if try database.isEmpty() { try database.setJournalMode() }
                    try configuration.schema.bringUpToDate(database)
                }
                call.end(result.mapError { ($0 as? SQLiteFailure)?.error(writeOutcome: .notApplied) ?? $0 })
            }
        }
    }

    /// Adds what the writer is doing.
    func count(into statistics: inout StorageStatistics) {
        state.withLock { state in
            statistics.waitingCalls += state.waiting.count
            statistics.openConnections += state.isOpen ? 1 : 0
            statistics.busyConnections += state.isOpen && state.isRunning ? 1 : 0
            statistics.connectionLimit += 1
        }
    }

    /// Lets the calls under way finish and closes the connection.
    func close() async {
        state.withLock { $0.waiting.close() }
        await withCheckedContinuation { continuation in
            thread.async { [self] in
                // A call may have been admitted before, and its turn not yet scheduled.
                drain()
                let wasOpen = connection.withLock { connection in
                    defer { connection = nil }
                    connection?.mover.close()
                    return connection != nil
                }
                if wasOpen {
                    state.withLock { $0.isOpen = false }
                    observer?.connectionClosed(ObservedConnection(.writing, open: 0))
                }
                continuation.resume()
            }
        }
    }

    private func submit(_ write: any WriteCall) {
        do throws(QueueRefusal) {
            let isFirst = try state.withLock { (state) throws(QueueRefusal) in
                try state.waiting.append(write)
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if isFirst { thread.async { [self] in drain() } }
        } catch {
            write.fail(ChatStorageError(error).beforeWriting)
        }
    }

    private func drain() {
        while hasWaiting() {
            connection.withLock { connection in
                // Rests before it takes calls, so that they can be cancelled meanwhile.
                connection?.database.waitForRest()
                var room = Room()
                let calls = take(&room)
                guard !calls.isEmpty else { return }
                do {
                    let database = try open(&connection)
                    Transaction(database, busyTimeout: configuration.busyTimeout, observer: observer)
                        .run(calls) { take(&room) }
                } catch {
                    for call in calls { call.fail(error) }
                }
                moveLog(of: &connection, isIdle: false)
                workBetweenTransactions(&connection)
            }
        }
        connection.withLock { moveLog(of: &$0, isIdle: true) }
    }

    /// Moves the log into the file if it is due.
    private func moveLog(of connection: inout Connection?, isIdle: Bool) {
        guard let pages = connection?.database.logPages else { return }
        switch connection?.schedule.next(pages: pages, isIdle: isIdle) {
        case .move:
            // If another process is in the way, try again in a later idle moment, unless the log gets too long.
            connection?.moveLog(waiting: isIdle ? .zero : longestWaitForLog, observer)
        case .pauseReads:
            longReads.pause { [self] in
                betweenTransactions { [self] connection in
                    // Short reads go on meanwhile, and take longer on a slow disk.
                    connection?.moveLog(waiting: longestWaitForLog, attempts: 50, observer)
                    longReads.resume()
                }
            }
        case .nothing, nil: break
        }
    }

    /// Does something on the thread between two transactions.
    private func betweenTransactions(_ body: @escaping @Sendable (inout Connection?) -> Void) {
        work.withLock { $0.append(body) }
        // While calls wait, the thread does not get to this, but `drain` checks after each transaction.
        thread.async { [self] in connection.withLock { workBetweenTransactions(&$0) } }
    }

    private func workBetweenTransactions(_ connection: inout Connection?) {
        let bodies = work.withLock { work in
            defer { work = [] }
            return work
        }
        for body in bodies { body(&connection) }
    }

    // MARK: Erasing what was deleted

    /// Writes the whole file anew, without its unused parts.
    func rewriteFile() async throws {
        try await CancellableContinuation<Void>.wait { call in
            betweenTransactions { [self] connection in
                guard call.begin() else { return }
                call.end(erase(with: &connection) { try $0.database.rewriteFile() })
            }
        }
    }

    /// Makes the write-ahead log start over, cut to its shortest.
    ///
    /// - Returns: Whether it did; other processes and short reads can prevent it.
    func emptyLog() async throws -> Bool {
        try await CancellableContinuation<Bool>.wait { call in
            longReads.pause { [self] in
                betweenTransactions { [self] connection in
                    defer { longReads.resume() }
                    guard call.begin() else { return }
                    call.end(erase(with: &connection) { try emptyLog(of: &$0) })
                }
            }
        }
    }

    private func erase<Value>(
        with connection: inout Connection?, _ body: (inout Connection) throws -> Value
    ) -> Result<Value, any Error> {
        Result {
            // Nothing is opened once the store is closed.
            guard !state.withLock(\.waiting.isClosed) else { throw ChatStorageError.closed }
            _ = try open(&connection)
            guard var opened = connection else { throw ChatStorageError.closed }
            defer { connection = opened }
            opened.database.setBusyTimeout(configuration.busyTimeout)
            return try body(&opened)
        }.mapError { ($0 as? SQLiteFailure)?.error(writeOutcome: .unknown) ?? $0 }
    }

    /// Moves all of the log into the file and commits: the commit starts the log over, unless another connection reads
    /// from it.
    private func emptyLog(of connection: inout Connection) throws -> Bool {
        let database = connection.database
        guard database.hasLog else { return true }
        guard let pages = connection.moveLog(waiting: longestWaitForLog, attempts: 50, observer) else { return false }
        do {
            database.setBusyTimeout(longestWaitForLog)
            try database.transaction { try database.changeNothing() }
        } catch let failure as SQLiteFailure where failure.isBusy {
            return false
        }
        // Another process may have started it over meanwhile, and left older content after its end.
        let isNew = pages == 0 || database.logPages <= pages
        return try isNew && database.logIsCutOff()
    }

    /// Whether a call waits; if none does, the thread is about to sleep.
    private func hasWaiting() -> Bool {
        state.withLock { state in
            state.isRunning = !state.waiting.isEmpty
            return state.isRunning
        }
    }

    /// Takes waiting calls whose callers still wait, as far as a commit has room for them.
    private func take(_ room: inout Room) -> [any WriteCall] {
        let batch = state.withLock { state in
            var batch: [any WriteCall] = []
            while let next = state.waiting.popFirst(where: { room.take($0) }) { batch.append(next) }
            return batch
        }
        return batch.filter { $0.begin() }
    }

    private func open(_ connection: inout Connection?) throws -> Database {
        if let connection { return connection.database }
        do {
            let database = try Database(configuration, for: .writing, of: file)
            database.hasLog = try database.pragma(.journalMode) == "wal"
            connection = Connection(database: database, mover: LogMover(configuration, of: file))
            state.withLock { $0.isOpen = true }
            observer?.connectionOpened(ObservedConnection(.writing, open: 1))
            return database
        } catch {
            observer?.connectionFailed(with: error)
            throw error
        }
    }

    private var observer: (any StorageObserver)? { configuration.observer }
}
