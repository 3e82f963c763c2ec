import ChatStorageCore

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// Whether a connection's files are still where they were.
///
/// A file that was removed stays writable for those who have it open. With a write-ahead log SQLite does not look, so
/// that commits would succeed, and be gone with the process
/// (<https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use>).
extension Database {
    /// How long reads go on before they look again: it takes about a microsecond.
    private static let lookInterval = Duration.milliseconds(10)

    /// The file that a connection has open.
    ///
    /// - Throws: ``ChatStorageError`` with the code `accessDenied` if its path leads to it no more.
    static func identity(of handle: OpaquePointer) throws -> FileIdentity {
        guard let path = sqlite3_db_filename(handle, "main"), let identity = try FileIdentity(path: path) else {
            throw OpenedFile.moved
        }
        // After the path was looked at, so that what it led to is what is open.
        var hasMoved: Int32 = 0
        guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved) != SQLITE_OK || hasMoved == 0
        else {
            throw OpenedFile.moved
        }
        return identity
    }

    /// Refuses to go on where the path leads to the file no more; for reads, which need not look each time.
    ///
    /// - Throws: ``ChatStorageError`` with the code `accessDenied`.
    func checkPlaceForReading() throws {
        let now = ContinuousClock.now
        if let placeChecked, now - placeChecked < Self.lookInterval { return }
        try checkPlace()
        placeChecked = now
    }

    /// Refuses to commit where the file or its log is not in its place any more.
    ///
    /// Before each commit: whoever called after the file was removed is not answered with success.
    ///
    /// - Throws: ``ChatStorageError`` with the code `accessDenied`.
    func checkPlaceForWriting() throws {
        try checkPlace()
        // Another program can begin a log while no transaction is under way.
        guard hasLog || logPages > 0, let path = sqlite3_db_filename(handle, "main").flatMap(sqlite3_filename_wal)
        else { return }
        // Nobody else removes it while a connection is open: the last one that is closed does.
        guard let found = try FileIdentity(path: path), found == log ?? found else { throw OpenedFile.logMoved }
        log = found
    }

    private func checkPlace() throws {
        guard try FileIdentity(path: path) == identity else { throw OpenedFile.moved }
    }
}
