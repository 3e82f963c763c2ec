import ChatStorageCore

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// A connection to a database file, with its prepared statements.
///
/// It is opened without SQLite's own locks, so its user must let in only one thread at a time.
///
/// `@unchecked Sendable`: it moves between threads only through the writer's thread or the reader pool's lock.
final class Database: @unchecked Sendable {
    /// What a connection is for.
    enum Access {
        /// To find out which schema a file has. It changes nothing and does not even move the log into the file.
        case inspecting
        /// To read. It may write too, since the connection that is closed last removes the files beside the database.
        case reading
        /// To write.
        case writing
    }

    let handle: OpaquePointer
    private let lockWait = LockWait()
    private let logLength = LogLength()
    /// Decides when a read on this connection ends before its last row.
    let readWatch: ReadWatch
    // Swift would check at run time whether two changes of it overlap; one thread at a time is inside.
    /// Indexed by the statement's slot: most calls are so short that hashing would be noticeable.
    @exclusivity(unchecked)
    private var statements: [Statement?] = []
    private var isClosed = false
    /// When a connection that writes leaves the file to others.
    var writerRest = WriterRest()
    let settings: FileSettings
    /// The file that the path led to when the connection was opened.
    let identity: FileIdentity
    // Swift would check at run time whether two changes of it overlap; one thread at a time is inside.
    /// When a read last made sure that the file is there.
    @exclusivity(unchecked)
    var placeChecked: ContinuousClock.Instant?
    /// Whether it stays in one read transaction until it is closed.
    var holdsSnapshot = false
    /// Whether it writes a write-ahead log, and which file that is.
    var hasLog = false
    var log: FileIdentity?
    /// Throws for a schema that the connection's user does not know; nil accepts any.
    private let schemaCheck: (@Sendable (Database) throws -> Void)?
    /// Whether the schema, as the connection last saw it, has passed that check.
    private var isSchemaKnown = false
    /// What a read may take before it ends with ``ReadBudgetExceeded``.
    var readBudget = ReadBudget.unlimited

    /// Opens an existing file.
    ///
    /// - Parameters:
    ///   - file: The file that the store's other connections have open.
    ///   - schemaCheck: Refuses a schema that the caller does not know, by throwing; it runs before a result of the
    ///     first statement is used, and again after the schema has changed.
    /// - Throws: ``SQLiteFailure``; ``ChatStorageError`` for an immutable file with changes in a log or journal beside
    ///   it, and for a file that was replaced.
    init(
        _ settings: FileSettings, for access: Access, of file: OpenedFile? = nil,
        checkingSchema schemaCheck: (@Sendable (Database) throws -> Void)? = nil
    ) throws {
        var opened: OpaquePointer?
        let mode: Int32
        if settings.isImmutable {
            try DatabaseFile(path: settings.path).checkIsWhole()
            mode = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
        } else {
            // READWRITE falls back to reading where the system refuses to write
            // (https://www.sqlite.org/c3ref/open.html).
            mode = access == .inspecting ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
        }
        let result = sqlite3_open_v2(
            settings.fileName, &opened, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard let opened else { throw SQLiteFailure(code: result) }
        guard result == SQLITE_OK else {
            // There is a handle even if opening failed (https://www.sqlite.org/c3ref/open.html).
            let failure = SQLiteFailure(opened, code: result)
            sqlite3_close(opened)
            // The store has found a file here before.
            if access != .inspecting, try FileIdentity(path: settings.path) == nil { throw OpenedFile.moved }
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
        self.settings = settings
        self.schemaCheck = schemaCheck
        readWatch = ReadWatch(opened)
        lockWait.timeout = settings.busyTimeout
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
        if access != .inspecting, !settings.isImmutable { try configureForWriting() }
    }

    deinit {
        close()
    }

    /// Closes the connection now, even if a reference to it remains; it must not be used afterwards.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        // Statements first: unlike `_v2`, `sqlite3_close` fails and so reveals a connection that still has one.
        for statement in statements { statement?.finalize() }
        let result = sqlite3_close(handle)
        assert(result == SQLITE_OK, "a statement outlived its connection")
    }

    /// Whether no transaction is open; after an error, whether the engine has rolled everything back.
    var isOutsideTransaction: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// How many rows the last INSERT, UPDATE or DELETE changed itself, without cascades.
    var changedRows: Int { Int(sqlite3_changes64(handle)) }

    /// The integer key of the row that the last INSERT made, whatever triggers did to it.
    var insertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// How many rows the connection's successful statements have changed so far, cascades included.
    var allChanges: Int64 { sqlite3_total_changes64(handle) }

    /// How many pages the write-ahead log had after this connection's last commit; 0 with a rollback journal.
    var logPages: Int { logLength.pages }

    /// Moves as much of the write-ahead log into the file as it can without waiting.
    ///
    /// Another connection's transaction must keep all writers out meanwhile, see ``LogMover``.
    ///
    /// - Returns: How many pages the log has if all of it is in the file now; else nil.
    func moveLog() throws -> Int? {
        var (pages, moved) = (Int32(0), Int32(0))
        let result = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved)
        guard result == SQLITE_OK else { throw SQLiteFailure(handle, code: result) }
        return moved == pages ? Int(pages) : nil
    }

    /// Sets how long a statement waits for another process's lock; a negative time counts as the shortest wait.
    func setBusyTimeout(_ timeout: Duration) {
        lockWait.timeout = timeout
    }

    /// How long the connection has waited for others' locks so far.
    var lockWaited: Duration { lockWait.waited }

    /// Runs SQL of the library's own that returns no rows.
    func execute(_ sql: StaticString) throws {
        let result = sqlite3_exec(
            handle, UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self), nil, nil, nil)
        guard result == SQLITE_OK else { throw SQLiteFailure(handle, code: result) }
    }

    /// Runs a statement: binds, steps and reads in `body`, and leaves it reset, so that no transaction stays open.
    func run<Result>(_ sql: SQL, _ body: (Statement) throws -> Result) throws -> Result {
        do {
            let statement = try prepared(sql)
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

    /// Makes sure that the connection's user knows the schema.
    ///
    /// Another process may have migrated the file. So it checks when the schema may have changed: on a new connection,
    /// and after statements were recompiled.
    func checkSchema() throws {
        guard !isSchemaKnown else { return }
        try schemaCheck?(self)
        isSchemaKnown = true
    }

    private func prepared(_ sql: SQL) throws -> Statement {
        if sql.slot < statements.count {
            if let statement = statements[sql.slot] { return statement }
        } else {
            statements += Array(repeating: nil, count: sql.slot + 1 - statements.count)
        }
        let statement = try Statement(sql, on: handle)
        statements[sql.slot] = statement
        return statement
    }
}
