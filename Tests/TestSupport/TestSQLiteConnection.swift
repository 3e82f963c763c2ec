#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// What SQLite answered to a test's own statement.
package struct TestSQLiteError: Error, CustomStringConvertible {
    /// The extended result code.
    package let code: Int32
    /// SQLite's sentence.
    package let message: String

    package var description: String { "\(code) \(message)" }
}

/// A plain connection to a database file: a second, independent way to look at it and to write past the library.
///
/// It belongs to one thread at a time. Foreign keys are enforced, as on the library's own connections.
package final class TestSQLiteConnection {
    private let connection: OpaquePointer

    /// Opens a file, and makes it if it does not exist.
    package init(path: String) throws {
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        guard let opened else { throw TestSQLiteError(code: result, message: "out of memory") }
        connection = opened
        // The library's own connections write after a call has returned, too: the log into the file.
        sqlite3_busy_timeout(connection, 5_000)
        try execute("PRAGMA foreign_keys = ON")
    }

    deinit {
        sqlite3_close(connection)
    }

    /// Runs one or more statements.
    ///
    /// - Returns: The rows of the last statement that has any, each value as text; nil is NULL.
    /// - Throws: ``TestSQLiteError``.
    @discardableResult
    package func execute(_ sql: String) throws -> [[String?]] {
        var rows: [[String?]] = []
        var bytes = Array(sql.utf8)[...]
        while !bytes.isEmpty {
            var statement: OpaquePointer?
            let (result, used) = bytes.withUnsafeBytes { buffer in
                let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
                var rest: UnsafePointer<CChar>?
                let result = sqlite3_prepare_v2(connection, start, Int32(buffer.count), &statement, &rest)
                return (result, start.flatMap { start in rest.map { $0 - start } } ?? buffer.count)
            }
            try check(result)
            bytes = bytes.dropFirst(max(used, 1))
            guard let statement else { continue }
            defer { sqlite3_finalize(statement) }
            if sqlite3_column_count(statement) > 0 { rows = [] }
            while try step(statement) {
                rows.append((0..<sqlite3_column_count(statement)).map { text(statement, $0) })
            }
        }
        return rows
    }

    private func step(_ statement: OpaquePointer) throws -> Bool {
        let result = sqlite3_step(statement)
        if result == SQLITE_ROW { return true }
        try check(result)
        return false
    }

    private func text(_ statement: OpaquePointer, _ column: Int32) -> String? {
        guard let start = sqlite3_column_text(statement, column) else { return nil }
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
        return String(decoding: bytes, as: UTF8.self)
    }

    private func check(_ result: Int32) throws {
        guard result == SQLITE_OK || result == SQLITE_DONE else {
            throw TestSQLiteError(
                code: sqlite3_extended_errcode(connection), message: String(cString: sqlite3_errmsg(connection)))
        }
    }
}
