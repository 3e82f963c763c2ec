import ChatStorageCore
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

/// The database file, before SQLite opens it.
struct DatabaseFile: Sendable {
    let path: String

    /// Whether the file is there.
    ///
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` if the path leads to something else, or to a
    ///   place where no file can be made. SQLite would even open a folder, and wait for ever for the writer of a named
    ///   pipe.
    func exists() throws -> Bool {
        if NewFile.isBesideDatabase(path) {
            throw ChatStorageError(.invalidArgument, "the path is that of another database's log or journal")
        }
        var information = stat()
        if stat(path, &information) == 0 {
            switch information.st_mode & S_IFMT {
            case S_IFREG: break
            case S_IFDIR:
                throw ChatStorageError(.invalidArgument, "the path is that of a folder and not of a database file")
            default:
                throw ChatStorageError(
                    .invalidArgument, "the path is that of a device, a pipe or the like and not of a database file")
            }
            _ = try nameForSQLite()
            return true
        }
        switch errno {
        case ENOENT:
            guard lstat(path, &information) == 0 else { return false }
            // Another handle can have made the file since the first look.
            guard information.st_mode & S_IFMT == S_IFLNK else { return try exists() }
            throw ChatStorageError(.invalidArgument, "the path is that of a symbolic link which leads to no file")
        case ENOTDIR: return false
        case let code: throw Self.error(code)
        }
    }

    /// Makes an empty file that only its owner can read and write; SQLite gives the files beside it the same mode.
    ///
    /// Nothing happens if it exists. An empty file is an empty database.
    func create() throws {
        var information = stat()
        if lstat(path, &information) != 0, errno != ENOENT { throw Self.error(errno) }
        // The longest name that SQLite gives to a file beside it.
        if lstat(try nameForSQLite() + "-journal", &information) != 0, errno == ENAMETOOLONG { throw Self.tooLong }
        let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            _ = close(descriptor)
        } else if errno != EEXIST {
            throw Self.error(errno)
        }
    }

    /// The path as SQLite resolves it: absolute, without symbolic links, and no longer than SQLite's own limit.
    private func nameForSQLite() throws -> String {
        guard let system = sqlite3_vfs_find(nil), let resolve = system.pointee.xFullPathname else { return path }
        let size = system.pointee.mxPathname + 1
        var name = [CChar](repeating: 0, count: Int(size))
        // A link on the way is not an error; an extended code reports it.
        guard resolve(system, path, size, &name) & 0xff == SQLITE_OK,
            let end = name.firstIndex(of: 0), end + "-journal".utf8.count <= system.pointee.mxPathname
        else { throw Self.tooLong }
        return String(decoding: name[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Refuses a file if a log or a journal beside it may have changes that the file lacks, or has only in part.
    ///
    /// SQLite ignores a log or a journal that begins with a zero byte (<https://www.sqlite.org/fileformat2.html>).
    func checkIsWhole() throws {
        // SQLite keeps them beside the file that a symbolic link leads to.
        guard let resolved = realpath(path, nil) else { throw Self.error(errno) }
        defer { free(resolved) }
        let path = String(cString: resolved)
        for (suffix, name) in [("-wal", "write-ahead log"), ("-journal", "rollback journal")] {
            guard try Self.firstByte(of: path + suffix) ?? 0 != 0 else { continue }
            throw ChatStorageError(
                .accessDenied,
                """
                the database cannot be opened as immutable: the \(name) beside it may have changes that the file \
                lacks; open and close the store once on a medium that can be written
                """)
        }
    }

    /// How long the write-ahead log beside the file is; nil if there is none.
    var logBytes: Int64? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        var information = stat()
        guard stat(String(cString: resolved) + "-wal", &information) == 0 else { return nil }
        return Int64(information.st_size)
    }

    /// The first byte of a file, nil if the file is empty or not there.
    private static func firstByte(of path: String) throws -> UInt8? {
        // Opening a named pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw error(errno)
        }
        defer { _ = close(descriptor) }
        var byte: UInt8 = 0
        switch read(descriptor, &byte, 1) {
        case 0: return nil
        case 1: return byte
        default: throw error(errno)
        }
    }

    private static let tooLong = ChatStorageError(
        .invalidArgument, "the path of the database file is too long for SQLite and the names of the files beside it")

    static func error(_ code: Int32) -> ChatStorageError {
        let cause = ChatStorageError.Cause(engine: "system", code: "\(code)")
        return switch code {
        case ENOENT, ENOTDIR:
            ChatStorageError(.invalidArgument, "the folder of the database file does not exist", cause: cause)
        case ENAMETOOLONG, ELOOP:
            ChatStorageError(.invalidArgument, "the path of the database file cannot be followed", cause: cause)
        case EROFS:
            ChatStorageError(.accessDenied, "the file system is read-only, so no database file is made", cause: cause)
        case EACCES, EPERM:
            ChatStorageError(.accessDenied, "the database file cannot be made or reached by this user", cause: cause)
        default:
            ChatStorageError(
                .unavailable, "the database file cannot be made or reached", writeOutcome: .notApplied, cause: cause)
        }
    }
}
