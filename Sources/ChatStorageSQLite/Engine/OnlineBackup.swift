import ChatStorageCore

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// A copy of a database, page by page, by SQLite's own interface (<https://www.sqlite.org/c3ref/backup_finish.html>).
///
/// SQLite begins such a copy again whenever another process has written since its last step. It does so only where each
/// step reads for itself: in the source's own read transaction all steps see one state (`sqlite3_backup_step` begins a
/// transaction if the source has none, `backup.c`).
enum OnlineBackup {
    /// How many pages are copied before the copy can be cancelled; 1 MiB of them, as pages usually are.
    private static let pagesPerStep: Int32 = 256

    /// Copies the state that a connection's transaction sees.
    ///
    /// - Parameters:
    ///   - source: In a transaction that has read.
    ///   - path: An empty file, which nobody else has open.
    ///   - step: Called after each step with the number of pages that are copied, and of all; it ends the copy by
    ///     throwing.
    static func copy(_ source: Database, to path: String, step: (Int, Int) throws -> Void) throws {
        let target = try open(path)
        // A copy under way has to be finished first, and nothing else is made on the connection.
        defer { sqlite3_close(target) }
        guard let backup = sqlite3_backup_init(target, "main", source.handle, "main") else {
            throw SQLiteFailure(target, code: sqlite3_extended_errcode(target))
        }
        do {
            var isDone = false
            while !isDone {
                let result = sqlite3_backup_step(backup, pagesPerStep)
                guard result == SQLITE_OK || result == SQLITE_DONE else { throw SQLiteFailure(target, code: result) }
                isDone = result == SQLITE_DONE
                let pages = Int(sqlite3_backup_pagecount(backup))
                try step(pages - Int(sqlite3_backup_remaining(backup)), pages)
            }
        } catch {
            sqlite3_backup_finish(backup)
            throw error
        }
        let result = sqlite3_backup_finish(backup)
        guard result == SQLITE_OK else { throw SQLiteFailure(target, code: result) }
    }

    /// Opens the copy, which is thrown away unless it becomes whole: it needs no journal, and is synced at its end.
    private static func open(_ path: String) throws -> OpaquePointer {
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(
            path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard let opened else { throw SQLiteFailure(code: result) }
        do {
            guard result == SQLITE_OK else { throw SQLiteFailure(opened, code: result) }
            let settings = sqlite3_exec(opened, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", nil, nil, nil)
            guard settings == SQLITE_OK else { throw SQLiteFailure(opened, code: settings) }
        } catch {
            sqlite3_close(opened)
            throw error
        }
        return opened
    }
}
