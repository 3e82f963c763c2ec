import ChatStorageCore

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// Checks that a connection's files are still where they were.
///
/// A removed file stays writable for those who have it open. With a write-ahead log SQLite does not check this, so
/// commits would succeed, and be lost when the process ends
/// (<https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use>).
extension Database {
    /// How long reads go on before they check again.
    ///
    /// A check takes about a microsecond.
    private static let lookInterval = Duration.milliseconds(10)

    /// The file that a connection has open.
    ///
    /// - Throws: ``ChatStorageError`` with the code `accessDenied` if its path no longer leads to it.
    static func identity(of handle: OpaquePointer) throws -> FileIdentity {
        guard let path = sqlite3_db_filename(handle, "main"), let identity = try FileIdentity(path: path) else {
            throw OpenedFile.moved
        }
        // Checked after the path is read, so that the file found there is the one that is open.
        var hasMoved: Int32 = 0
        guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved) != SQLITE_OK || hasMoved == 0
        else {
            throw OpenedFile.moved
        }
        return identity
    }

    /// Refuses to go on if the path no longer leads to the file; for reads, which need not check each time.
    ///
    /// - Throws: ``ChatStorageError`` with the code `accessDenied`.
    func checkPlaceForReading() throws {
        let now = ContinuousClock.now
        if let placeChecked, now - placeChecked < Self.lookInterval { return }
        try checkPlace()
        placeChecked = now
    }

    /// Refuses to commit if the file or its log is no longer in its place.
    ///
    /// It runs before each commit, so that no call made after the removal succeeds.
    ///
    /// - Throws: ``ChatStorageError`` with the code `accessDenied`.
    func checkPlaceForWriting() throws {
        try checkPlace()
        // Another program can begin a log while no transaction is under way.
        guard hasLog || logPages > 0, let path = sqlite3_db_filename(handle, "main").flatMap(sqlite3_filename_wal)
        else { return }
        // SQLite itself removes it only when the last connection closes.
        guard let found = try FileIdentity(path: path), found == log ?? found else { throw OpenedFile.logMoved }
        log = found
    }

    private func checkPlace() throws {
        guard try FileIdentity(path: settings.path) == identity else { throw OpenedFile.moved }
    }
}
