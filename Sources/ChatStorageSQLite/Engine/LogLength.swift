#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// How long the write-ahead log was when the connection last committed.
///
/// SQLite tells it where it would otherwise move the log into the file by itself
/// (<https://www.sqlite.org/c3ref/wal_hook.html>): a connection that has this does not.
final class LogLength {
    /// In pages, and 0 with a rollback journal.
    private(set) var pages = 0

    /// Makes a connection tell; the connection is closed before this value goes away.
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
