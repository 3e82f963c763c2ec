import ChatStorageCore
import Synchronization

#if !canImport(SQLite3)
import CSQLite
#endif

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// A file's identity for the system, independent of its name.
struct FileIdentity: Sendable, Equatable {
    private let device: UInt64
    private let number: UInt64

    /// The file that a path leads to; nil if there is none.
    init?(path: UnsafePointer<CChar>) throws {
        var (device, number): (UInt64, UInt64) = (0, 0)
        guard Self.find(path, &device, &number) else {
            switch errno {
            case ENOENT, ENOTDIR, ELOOP: return nil
            case let code: throw DatabaseFile.error(code)
            }
        }
        self.device = device
        self.number = number
    }

    private static func find(_ path: UnsafePointer<CChar>, _ device: inout UInt64, _ number: inout UInt64) -> Bool {
        #if os(Linux)
        // `stat` asks for the file's times too. Linux then gives the file new ones with the next write, and a file
        // system without a journal syncs these with each commit
        // (https://docs.kernel.org/filesystems/multigrain-ts.html).
        if csqlite_find_file(path, &device, &number) == 0 { return true }
        guard errno == ENOSYS else { return false }
        #endif
        var information = stat()
        guard stat(path, &information) == 0 else { return false }
        device = UInt64(truncatingIfNeeded: information.st_dev)
        number = UInt64(truncatingIfNeeded: information.st_ino)
        return true
    }
}

/// The one file that all connections of a store have open: the file that the first of them opened.
///
/// Connections are opened as they are needed. One opened after the file was replaced would read other chats than the
/// writer writes.
final class OpenedFile: Sendable {
    private let identity = Mutex<FileIdentity?>(nil)

    /// Notes the file of a new connection, or refuses it if it is not the first connection's.
    func admit(_ identity: FileIdentity) throws {
        let first = self.identity.withLock { first in
            if let first { return first }
            first = identity
            return identity
        }
        guard first == identity else { throw Self.moved }
    }

    static let moved = ChatStorageError(
        .accessDenied,
        """
        the database file was removed, renamed or replaced while the store had it open, so nothing is read or written; \
        put the file back, or close the store and open it again
        """)

    static let logMoved = ChatStorageError(
        .accessDenied,
        """
        the database's write-ahead log, the file that ends in -wal, was removed or replaced while the store had it \
        open, so nothing is written; close the store and open it again (closing moves the rest of the log into the \
        database)
        """)
}
