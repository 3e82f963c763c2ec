import ChatStorageCore

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// A connection to a database file, with its prepared statements.
///
/// It is opened without SQLite's own locks, so its user sees to it that one thread at a time is inside.
///
/// `@unchecked Sendable`: it moves between threads only through the writer's thread or the reader pool's lock.
final class Database: @unchecked Sendable {
    /// What a connection is for.
    enum Access {
        /// To look what a file is, which may not be ours: nothing is changed, not even the log moved into the file.
        case inspecting
        /// To read; the connection that is closed last tidies up the files beside the database, so it may write.
        case reading
        /// To write.
        case writing
    }

    let handle: OpaquePointer
    private let lockWait = LockWait()
    private let logLength = LogLength()
    /// When a read on this connection ends before its last row.
    let readWatch: ReadWatch
    /// By the query's number: most calls are so short that hashing would show.
    private var statements = [Statement?](repeating: nil, count: Query.allCases.count)
    private var isClosed = false
    /// When a connection that writes leaves the file to others.
    var writerRest = WriterRest()
    /// The path that it was opened by, and the file that it led to.
    let path: String
    let identity: FileIdentity
    /// When a read last made sure that the file is there.
    var placeChecked: ContinuousClock.Instant?
    /// Whether it writes a write-ahead log, and which file that is.
    var hasLog = false
    var log: FileIdentity?
    /// Whether the connection has made sure that the schema, as it last saw it, is one that this version may use.
    var isSchemaKnown = false
    /// How many bytes of text a statement may read before it ends with ``TextBudgetExceeded``.
    var textBudget = Int.max

    /// Opens an existing file.
    ///
    /// - Parameter file: The file that the store's other connections have open.
    /// - Throws: ``SQLiteFailure``; ``ChatStorageError`` for an immutable file beside which there are changes of it,
    ///   and for a file that was replaced.
    init(_ configuration: SQLiteBackend.Configuration, for access: Access, of file: OpenedFile? = nil) throws {
        var opened: OpaquePointer?
        let mode: Int32
        switch configuration.access {
        // READWRITE falls back to reading where the system refuses to write (https://www.sqlite.org/c3ref/open.html).
        case .readWrite: mode = access == .inspecting ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
        case .immutable:
            try DatabaseFile(path: configuration.path).checkIsWhole()
            mode = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
        }
        let result = sqlite3_open_v2(
            configuration.fileName, &opened, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard let opened else { throw SQLiteFailure(code: result) }
        guard result == SQLITE_OK else {
            // A handle comes even when opening failed (https://www.sqlite.org/c3ref/open.html).
            let failure = SQLiteFailure(opened, code: result)
            sqlite3_close(opened)
            // The store has looked before, and there was a file.
            if access != .inspecting, try FileIdentity(path: configuration.path) == nil { throw OpenedFile.moved }
            throw failure
        }
        do {
            identity = try Self.identity(of: opened)
            try file?.admit(identity)
        } catch {
            sqlite3_close(opened)
            throw error
        }
        handle = opened
        path = configuration.path
        readWatch = ReadWatch(opened)
        lockWait.timeout = configuration.busyTimeout
        lockWait.install(on: handle)
        logLength.install(on: handle)
        // A failure from here on runs `deinit`, which closes the handle.
        try execute("PRAGMA foreign_keys = ON")
        if access == .reading {
            readWatch.install()
            try execute("PRAGMA query_only = ON")
        }
        // A connection that reads can write too: it moves the log into the file if it is the last to close, and
        // recovers what a crash left undone when it begins.
        if access != .inspecting, configuration.access == .readWrite {
            try configureForWriting(configuration.durability)
        }
    }

    deinit {
        close()
    }

    /// Closes the connection now, even if a reference to it remains; nobody uses it afterwards.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        // Statements first: `sqlite3_close`, unlike `_v2`, refuses and so reveals a connection that still has one.
        for statement in statements { statement?.finalize() }
        let result = sqlite3_close(handle)
        assert(result == SQLITE_OK, "a statement outlived its connection")
    }

    /// Whether no transaction is open: after an error it tells whether the engine has rolled everything back.
    var isOutsideTransaction: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// How many rows the last INSERT, UPDATE or DELETE changed itself, without cascades.
    var changedRows: Int { Int(sqlite3_changes64(handle)) }

    /// How many rows the connection's statements have changed so far, cascades included, but for what failed.
    var allChanges: Int64 { sqlite3_total_changes64(handle) }

    /// How many pages the write-ahead log had after this connection's last commit; 0 with a rollback journal.
    var logPages: Int { logLength.pages }

    /// Moves as much of the write-ahead log into the file as it can, and waits for nobody.
    ///
    /// Another connection's transaction must keep all writers out meanwhile, see ``LogMover``.
    ///
    /// - Returns: Whether all of the log is in the file now.
    func moveLog() throws -> Bool {
        var (pages, moved) = (Int32(0), Int32(0))
        let result = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved)
        guard result == SQLITE_OK else { throw SQLiteFailure(handle, code: result) }
        return moved == pages
    }

    /// Sets how long a statement waits for another process's lock; a time that has passed is the shortest wait.
    func setBusyTimeout(_ timeout: Duration) {
        lockWait.timeout = timeout
    }

    /// Runs SQL of the library's own that returns no rows.
    func execute(_ sql: StaticString) throws {
        let result = sqlite3_exec(
            handle, UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self), nil, nil, nil)
        guard result == SQLITE_OK else { throw SQLiteFailure(handle, code: result) }
    }

    /// Runs a statement: binds, steps and reads in `body`, and leaves it reset, so that no transaction stays open.
    func run<Result>(_ query: Query, _ body: (Statement) throws -> Result) throws -> Result {
        do {
            let statement = try prepared(query)
            defer {
                if statement.wasCompiledAnew() { isSchemaKnown = false }
                statement.reset()
            }
            return try body(statement)
        } catch let failure as SQLiteFailure where failure.isSQLError {
            isSchemaKnown = false
            throw failure
        }
    }

    private func prepared(_ query: Query) throws -> Statement {
        if let statement = statements[query.rawValue] { return statement }
        let statement = try Statement(query.sql, on: handle)
        statements[query.rawValue] = statement
        return statement
    }
}

/// What a read throws whose texts are longer than the connection's budget.
struct TextBudgetExceeded: Error {}
