import ChatStorageCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// A result code of SQLite that is not success (<https://www.sqlite.org/rescode.html>).
///
/// SQLite's messages can quote values, so they are not kept.
struct SQLiteFailure: Error {
    /// `SQLITE_READONLY_DIRECTORY`, a macro that Swift does not import.
    private static let readOnlyDirectory = SQLITE_READONLY | 6 << 8

    /// `SQLITE_CONSTRAINT_PRIMARYKEY`, likewise.
    private static let brokenPrimaryKey = SQLITE_CONSTRAINT | 6 << 8
    /// `SQLITE_CONSTRAINT_DATATYPE`, likewise.
    private static let brokenDatatype = SQLITE_CONSTRAINT | 12 << 8
    /// `SQLITE_READONLY_DBMOVED`, likewise.
    private static let databaseMoved = SQLITE_READONLY | 4 << 8

    /// The extended code; its low byte is the primary one.
    let code: Int32
    private let isMissingTable: Bool
    /// The system's own error, 0 if there is none.
    private let systemError: Int32

    /// A failure with no connection to ask for details.
    init(code: Int32) {
        self.code = code
        isMissingTable = false
        systemError = 0
    }

    /// The failure of a connection's last call.
    ///
    /// - Parameter sql: The statement that failed, one of the library's own.
    init(_ database: OpaquePointer, code: Int32, in sql: String? = nil) {
        self.code = code
        isMissingTable = code == SQLITE_ERROR && Self.isTable(of: sql, missingIn: sqlite3_errmsg(database))
        systemError = Self.systemError(of: database)
    }

    /// Whether a message says that a table is missing that the statement itself names, and not a user's trigger.
    private static func isTable(of sql: String?, missingIn message: UnsafePointer<CChar>?) -> Bool {
        let prefix = "no such table: "
        guard let sql, let message = message.map({ String(cString: $0) }), message.hasPrefix(prefix) else {
            return false
        }
        let name = message.dropFirst(prefix.count)
        let table = name.hasPrefix("main.") ? name.dropFirst("main.".count) : name
        return sql.split { !$0.isLetter && $0 != "_" }.contains(table)
    }

    private static func systemError(of database: OpaquePointer) -> Int32 {
        // If the files of a write-ahead log cannot be made, SQLite gives the error of its search for old ones.
        if let path = sqlite3_db_filename(database, "main"), access(path, W_OK) != 0, errno == EROFS { return EROFS }
        return sqlite3_system_errno(database)
    }

    var primaryCode: Int32 { code & 0xff }

    var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

    /// Whether a disk or a quota is full.
    var isFull: Bool { primaryCode == SQLITE_FULL }

    /// Whether the file is damaged where it was read.
    var isCorrupt: Bool { primaryCode == SQLITE_CORRUPT }

    /// Whether the connection's own ``ReadWatch`` ended the statement.
    var isInterrupted: Bool { primaryCode == SQLITE_INTERRUPT }

    /// Whether a connection that may not write met a crashed process's transaction, which must be rolled back first.
    var needsRecovery: Bool { primaryCode == SQLITE_READONLY }

    /// Whether the statement does not fit the tables.
    var isSQLError: Bool { primaryCode == SQLITE_ERROR }

    /// Whether a primary key is there already.
    var isBrokenKey: Bool { code == Self.brokenPrimaryKey }

    /// Whether a commit that failed like this may be in the file after all, for example after a disk error.
    ///
    /// After a lock, a full disk or a constraint SQLite has not written the commit's record. For other errors it makes
    /// no such promise.
    var leavesCommitUnknown: Bool {
        switch primaryCode {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_CONSTRAINT: false
        default: true
        }
    }

    /// The error of a call whose commit may or may not be in the file.
    var errorOfUnknownCommit: ChatStorageError {
        let known = error(writeOutcome: .unknown)
        // Codes that mean that nothing was written would claim too much.
        return switch known.code {
        case .unavailable, .damaged: known
        default: ChatStorageError(.unavailable, known.message, writeOutcome: .unknown, cause: known.cause)
        }
    }

    /// The failure in the contract's terms.
    var error: ChatStorageError { error(writeOutcome: nil) }

    func error(writeOutcome: ChatStorageError.WriteOutcome?) -> ChatStorageError {
        let (code, message) = meaning
        return ChatStorageError(
            code, message, writeOutcome: code == .unavailable ? writeOutcome : nil,
            cause: ChatStorageError.Cause(engine: "SQLite", code: "\(self.code)"))
    }

    private var meaning: (ChatStorageError.Code, String) {
        switch primaryCode {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            (.unavailable, "another connection has locked the database for longer than the busy timeout")
        case SQLITE_FULL: (.unavailable, "the disk or the database's quota is full")
        case SQLITE_CANTOPEN where [EACCES, EPERM].contains(systemError):
            (.accessDenied, "the permissions of the database file or its folder refuse this user")
        case SQLITE_CANTOPEN where systemError == EROFS:
            (.accessDenied, "the database's file system is read-only; there it can only be opened as immutable")
        case SQLITE_CANTOPEN: (.unavailable, "the database file cannot be opened")
        case SQLITE_IOERR: (.unavailable, "reading or writing the database file failed")
        case SQLITE_NOMEM: (.unavailable, "SQLite has no memory left")
        case SQLITE_INTERRUPT: (.unavailable, "the statement was interrupted")
        case SQLITE_READONLY where code == Self.readOnlyDirectory:
            (.accessDenied, "the database's folder takes no files; there it can only be opened as immutable")
        case SQLITE_READONLY where code == Self.databaseMoved: (.accessDenied, OpenedFile.moved.message)
        case SQLITE_READONLY: (.accessDenied, "the database file or its folder cannot be written")
        case SQLITE_PERM, SQLITE_AUTH: (.accessDenied, "the database refuses this access")
        case SQLITE_CORRUPT: (.damaged, "the database file is corrupt")
        case SQLITE_NOTADB: (.damaged, "the file is not a SQLite database")
        case SQLITE_CONSTRAINT where code == Self.brokenDatatype:
            // For example, adding one to the largest integer.
            (.damaged, "the database holds a value that the library does not write")
        case SQLITE_CONSTRAINT:
            (.schemaMismatch, "a constraint or a trigger that is not the library's refused the write")
        case SQLITE_ERROR where isMissingTable:
            (.notPrepared, "the store's tables do not exist; call prepare() first")
        case SQLITE_ERROR: (.schemaMismatch, "the store's tables are not as the library makes them")
        default: (.unavailable, "SQLite failed")
        }
    }
}
