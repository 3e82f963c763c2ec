import ChatStorageSupport

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

/// Why another program's database cannot be read; a sentence without its subject that quotes no stored text.
struct ForeignDatabaseError: Error {
    /// What is wrong.
    let reason: String
}

/// Another program's database, which may be in use: nothing in it is trusted, and it is never changed.
///
/// A file in write-ahead mode that nobody has open is opened as immutable; otherwise SQLite would make files beside it
/// and leave them (<https://www.sqlite.org/wal.html#read_only_databases>). Everything is read from one state.
///
/// `@unchecked Sendable`: one thread at a time uses it, the serial one of `SQLiteChats`.
final class ForeignDatabase: @unchecked Sendable {
    /// How many bytes a value may have.
    private static let mostBytes = 64 << 20

    private let handle: OpaquePointer
    /// The state of the file when it was opened without locks; nil if it was opened with them.
    private let unlocked: FileState?
    private let path: String

    /// Whether a file begins like a SQLite database.
    static func isOne(_ start: some Collection<UInt8>) -> Bool {
        start.starts(with: "SQLite format 3\0".utf8)
    }

    /// Opens a file.
    init(path: String) throws {
        self.path = path
        let needsFiles = try Self.keepsLog(path)
        let (log, index) = (Self.size("\(path)-wal") ?? 0, Self.size("\(path)-shm"))
        let isImmutable = needsFiles && log == 0
        if log > 0, needsFiles, index == nil {
            throw ForeignDatabaseError(
                reason: "has a log beside it that was not moved into it; open it once with the program that wrote it")
        }
        unlocked = isImmutable ? FileState(path) : nil
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(
            try Self.name(of: path, isImmutable: isImmutable), &opened,
            SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI, nil)
        guard let opened else { throw Self.error(result) }
        handle = opened
        guard result == SQLITE_OK else { throw Self.error(result) }
        sqlite3_busy_timeout(handle, 5_000)
        // The file's views and triggers cannot do harm, and pages are checked for damage as they are read.
        try execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; BEGIN")
    }

    deinit {
        sqlite3_close(handle)
    }

    /// The names of the tables, each with those of its columns, in lower case.
    func tables() throws -> [String: Set<String>] {
        var tables: [String: Set<String>] = [:]
        let columns = try rows(
            """
            SELECT lower(t.name) AS t, lower(c.name) AS c FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c
            WHERE t.type = 'table' AND t.sql LIKE 'CREATE TABLE%'
            """)
        while let row = try columns.next() {
            guard case .text(let table)? = row["t"], case .text(let column)? = row["c"] else { continue }
            tables[table, default: []].insert(column)
        }
        return tables
    }

    /// Runs statements that return nothing, such as those that make a temporary table.
    func execute(_ sql: StaticString) throws {
        let start = UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self)
        let result = sqlite3_exec(handle, start, nil, nil, nil)
        guard result == SQLITE_OK else { throw Self.error(result) }
    }

    /// Begins a statement.
    func rows(_ sql: StaticString, _ values: [ForeignValue] = []) throws -> ForeignRows {
        try ForeignRows(sql, values, of: self, handle, mostBytes: Self.mostBytes)
    }

    /// Checks that a file that was read without locks has not changed.
    func checkIsUnchanged() throws {
        guard let unlocked else { return }
        guard FileState(path) == unlocked, Self.size("\(path)-wal") ?? 0 == 0 else {
            throw ForeignDatabaseError(reason: "was changed by another program while it was read; import it again")
        }
    }

    /// The file's name as a URI (<https://www.sqlite.org/uri.html>), with all special characters of the path escaped.
    private static func name(of path: String, isImmutable: Bool) throws -> String {
        guard let resolved = realpath(path, nil) else {
            throw ForeignDatabaseError(reason: "cannot be read: \(SystemError(errno))")
        }
        defer { free(resolved) }
        let digits = Array("0123456789ABCDEF".utf8)
        var name = Array("file://".utf8)
        for byte in UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map(UInt8.init(bitPattern:)) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"):
                name.append(byte)
            default: name += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: name, as: UTF8.self) + (isImmutable ? "?mode=ro&immutable=1" : "?mode=ro")
    }

    private struct FileState: Equatable {
        let size: Int64
        let seconds: Int
        let nanoseconds: Int

        init?(_ path: String) {
            var information = stat()
            guard stat(path, &information) == 0 else { return nil }
            size = Int64(information.st_size)
            #if canImport(Darwin)
            let time = information.st_mtimespec
            #else
            let time = information.st_mtim
            #endif
            (seconds, nanoseconds) = (Int(time.tv_sec), Int(time.tv_nsec))
        }
    }

    /// Whether the file's header says that it has a write-ahead log (<https://www.sqlite.org/fileformat2.html>).
    private static func keepsLog(_ path: String) throws -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ForeignDatabaseError(reason: "cannot be read: \(SystemError(errno))") }
        defer { _ = close(descriptor) }
        var header = [UInt8](repeating: 0, count: 20)
        guard read(descriptor, &header, header.count) == header.count else {
            throw ForeignDatabaseError(reason: "is too short for a SQLite database")
        }
        return header[18] == 2 || header[19] == 2
    }

    private static func size(_ path: String) -> Int64? {
        var information = stat()
        return stat(path, &information) == 0 ? Int64(information.st_size) : nil
    }

    static func error(_ code: Int32) -> ForeignDatabaseError {
        let reason =
            switch code & 0xff {
            case SQLITE_CORRUPT: "is a damaged SQLite database"
            case SQLITE_NOTADB: "is not a SQLite database, or is encrypted"
            case SQLITE_BUSY: "has been locked by another program for longer than 5 seconds"
            case SQLITE_READONLY, SQLITE_CANTOPEN:
                "has a transaction beside it that was not finished; open it once with the program that wrote it"
            default: "cannot be read by SQLite (code \(code))"
            }
        return ForeignDatabaseError(reason: reason)
    }
}
