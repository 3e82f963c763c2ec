#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// How long the write-ahead log was when the connection last committed.
///
/// SQLite reports it to a hook that replaces its own move of the log into the file
/// (<https://www.sqlite.org/c3ref/wal_hook.html>).
final class LogLength {
    /// In pages, and 0 with a rollback journal.
    private(set) var pages = 0

    /// Installs the hook on a connection, which is closed before this value goes away.
    func install(on connection: OpaquePointer) {
        sqlite3_wal_hook(
            connection,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<LogLength>.fromOpaque(context).takeUnretainedValue().pages = Int(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}
