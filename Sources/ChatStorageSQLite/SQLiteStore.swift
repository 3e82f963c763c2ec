import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// One open store: its writer, its readers, and whether it is ready.
final class SQLiteStore: Sendable {
    private enum Phase {
        case new, ready, closed
    }

    private let file: DatabaseFile
    private let isImmutable: Bool
    private let writer: Writer
    private let readers: ReaderPool
    private let inspection: SharedInspection
    private let dedicatedReads: DedicatedReads
    private let settings: StoreSettings
    private let openedFile: OpenedFile
    /// Whether the file has a write-ahead log; nil until a snapshot was asked for.
    private let usesLog = Mutex<Bool?>(nil)
    /// Reads of the whole file, and snapshots.
    private let longWork = WorkUnderWay()
    private let phase = Mutex(Phase.new)
    /// The roles that the store's own handles take.
    let roles: RoleSet
    let observer: (any StorageObserver)?
    let endingAnswers = EndingAnswers()
    private let erasesDeletedText: Bool
    private let busyTimeout: Duration
    /// The schema that calls need.
    let schema: Schema
    /// How many deletions may have left text in the files.
    private let unerased = Atomic(0)

    /// - Parameter opened: The file that other connections have open; by default no other connections are open.
    init(_ settings: StoreSettings, of opened: OpenedFile = OpenedFile()) {
        file = DatabaseFile(path: settings.file.path)
        isImmutable = settings.file.isImmutable
        roles = settings.schema.roles
        erasesDeletedText = settings.file.erasesDeletedText
        busyTimeout = settings.busyTimeout
        observer = settings.observer
        schema = settings.schema
        openedFile = opened
        let longReads = LongReads(mostWaiting: settings.waitingCalls)
        writer = Writer(settings, of: opened, longReads: longReads)
        readers = ReaderPool(settings, of: opened, longReads: longReads)
        inspection = SharedInspection(settings)
        dedicatedReads = DedicatedReads(settings, of: opened, countedIn: longWork)
        self.settings = settings
    }

    /// Returns once the schema is known to be there; after the first time it costs only a lock.
    func awaitReady() async throws {
        // Checked here too: an asynchronous call takes longer than the lock.
        if try isReady() { return }
        try await prepare(.verify)
    }

    func prepare(_ preparation: Preparation) async throws {
        guard try !isReady() else { return }
        // Reads first: a current schema needs no right to write, and another program's file stays as it is.
        let state = try await schemaState()
        if preparation == .verify {
            try state.checkIsCurrent()
        } else if state != .current {
            try checkIsWritable()
            try await writer.prepareSchema(in: file)
        }
        try becomeReady()
    }

    func close() async {
        await endingAnswers.wait()
        phase.withLock { $0 = .closed }
        // The writer last: the connection that is closed last moves the log into the file, and removes the files beside
        // it.
        await inspection.close()
        await longWork.close()
        await readers.close()
        await writer.close()
    }

    func read<Result: Sendable>(
        for meter: CallMeter? = nil, inline: Bool = true, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await readers.read(for: meter, inline: inline, body)
    }

    /// Runs a body that reads the whole file, whatever its schema is, on a connection and a thread of its own.
    func readingWholeFile<Result: Sendable>(
        _ body: @escaping @Sendable (Database, _ checkCancellation: () throws -> Void) throws -> Result
    ) async throws -> Result {
        _ = try isReady()
        guard try file.exists() else {
            throw ChatStorageError(.notPrepared, "there is no database file at the store's path")
        }
        return try await dedicatedReads.run(body)
    }

    /// Whether others can write during a snapshot.
    ///
    /// An existing file can have another journal mode than new ones get, which is known once a snapshot was asked for.
    var hasSnapshots: Bool { usesLog.withLock(\.self) ?? settings.file.usesWriteAheadLog }

    /// Runs a body on a snapshot of this store: its one connection stays at the present state.
    func withSnapshot<Result>(_ body: (SQLiteStore) async throws -> Result) async throws -> Result {
        try await awaitReady()
        // This store is a snapshot already.
        if settings.holdsSnapshot { return try await body(self) }
        let hasLog = try await read(inline: false) { try $0.pragma(.journalMode) == "wal" }
        usesLog.withLock { $0 = hasLog }
        guard hasLog else { return try await body(self) }
        guard longWork.begin() else { throw ChatStorageError.closed }
        defer { longWork.end() }
        let snapshot = SQLiteStore(settings.ofSnapshot, of: openedFile)
        do {
            // The connection's first read fixes the snapshot's moment.
            try await snapshot.awaitReady()
            try await snapshot.read(inline: false) { _ = try $0.isEmpty() }
            let result = try await body(snapshot)
            await snapshot.close()
            return result
        } catch {
            await snapshot.close()
            throw error
        }
    }

    func write<Result: Sendable>(
        for meter: CallMeter? = nil, bytes: Int = 0, _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try checkIsWritable()
        return try await writer.write(for: meter, bytes: bytes, body)
    }

    /// What the store is doing at this moment.
    func statistics() throws -> StorageStatistics {
        var statistics = StorageStatistics(
            logBytes: file.logBytes, schemaVersion: try isReady() ? Int(schema.version) : nil)
        writer.count(into: &statistics)
        readers.count(into: &statistics)
        return statistics
    }

    /// Deletes conversations and, if the configuration says so, removes their text from the files.
    ///
    /// - Parameters:
    ///   - rewritesFile: Whether to rewrite the file too, and not only empty the log.
    ///   - delete: Deletes, and returns how much it deleted.
    func erasing(
        rewritesFile: Bool, _ delete: () async throws -> DeletionCount
    ) async throws -> DeletionCount {
        guard erasesDeletedText else { return try await delete() }
        let count: DeletionCount
        do {
            count = try await delete()
        } catch {
            unerased.add(1, ordering: .relaxed)
            throw error
        }
        if count.conversations > 0 { unerased.add(1, ordering: .relaxed) }
        let deletions = unerased.load(ordering: .relaxed)
        guard deletions > 0 else { return count }
        if rewritesFile { try await writer.rewriteFile() }
        try await emptyLog()
        // Deletions that failed meanwhile are left to the next call.
        unerased.subtract(deletions, ordering: .relaxed)
        return count
    }

    private func emptyLog() async throws {
        let deadline = ContinuousClock.now + busyTimeout
        while try await !writer.emptyLog() {
            guard ContinuousClock.now < deadline else {
                throw ChatStorageError(
                    .unavailable,
                    """
                    the conversations are deleted, but other connections kept the write-ahead log from being emptied; \
                    call again
                    """, writeOutcome: .unknown)
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private func checkIsWritable() throws {
        guard !settings.holdsSnapshot else { throw ChatStorageError.snapshotIsReadOnly }
        guard !isImmutable else {
            throw ChatStorageError(.accessDenied, "the store is opened as immutable, and so takes no writes")
        }
    }

    private func schemaState() async throws -> Schema.State {
        guard try file.exists() else {
            guard !isImmutable else {
                throw ChatStorageError(
                    .invalidArgument, "there is no file at the path, and a store opened as immutable makes none")
            }
            return .absent
        }
        return try await inspection.result()
    }

    private func isReady() throws -> Bool {
        switch phase.withLock({ $0 }) {
        case .closed: throw ChatStorageError.closed
        case .ready: true
        case .new: false
        }
    }

    private func becomeReady() throws {
        try phase.withLock { phase in
            guard phase != .closed else { throw ChatStorageError.closed }
            phase = .ready
        }
    }
}
