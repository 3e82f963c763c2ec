import ChatStorageCore

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// A copy of a database, page by page, by SQLite's own interface (<https://www.sqlite.org/c3ref/backup_finish.html>).
///
/// SQLite begins such a copy again whenever another process has written since its last step. That happens only if each
/// step has a read transaction of its own; inside a read transaction of the source all steps see one state
/// (`sqlite3_backup_step` begins a transaction if the source has none, `backup.c`).
enum OnlineBackup {
    /// How many pages are copied before the copy can be cancelled; with the usual page size this is 1 MiB.
    private static let pagesPerStep: Int32 = 256

    /// Copies the state that a connection's transaction sees.
    ///
    /// - Parameters:
    ///   - source: In a transaction that has read.
    ///   - path: An empty file, which nobody else has open.
    ///   - step: Called after each step with the number of copied pages and of all pages; it ends the copy by throwing.
    static func copy(_ source: Database, to path: String, step: (Int, Int) throws -> Void) throws {
        let target = try open(path)
        // Closed last: the copy under way must be finished first.
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

    /// Opens the copy.
    ///
    /// It needs no journal, since an incomplete copy is deleted, and is synced at the end.
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
