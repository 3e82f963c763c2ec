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

/// Removes from the files what was deleted from the tables.
extension Database {
    /// The sizes of the log's header and of the header before each of its pages
    /// (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>).
    private static let (logHeader, pageHeader) = (32, 24)

    /// Writes the whole file anew.
    ///
    /// Only this removes the copies that SQLite leaves in unused parts of pages when it moves rows to other pages:
    /// `secure_delete` overwrites a deleted row only where it is.
    func rewriteFile() throws {
        try checkForCommit()
        try execute("VACUUM")
    }

    /// Whether the log's file ends with the last commit, with nothing older after it.
    func logIsCutOff() throws -> Bool {
        guard let path = sqlite3_db_filename(handle, "main").flatMap(sqlite3_filename_wal) else { return true }
        var information = stat()
        guard stat(path, &information) == 0 else { throw DatabaseFile.error(errno) }
        let pageSize = Int(try pragma(.pageSize)) ?? 0
        return Int(information.st_size) <= Self.logHeader + logPages * (Self.pageHeader + pageSize)
    }
}
