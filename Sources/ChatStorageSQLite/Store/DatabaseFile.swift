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

/// The database file, before SQLite opens it.
struct DatabaseFile: Sendable {
    let path: String

    func exists() throws -> Bool {
        if access(path, F_OK) == 0 { return true }
        switch errno {
        case ENOENT, ENOTDIR: return false
        case let code: throw Self.error(code)
        }
    }

    /// Makes an empty file that only its owner can read and write; SQLite gives the files beside it the same mode.
    ///
    /// Nothing happens if it exists. An empty file is an empty database.
    func create() throws {
        let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            _ = close(descriptor)
        } else if errno != EEXIST {
            throw Self.error(errno)
        }
    }

    private static func error(_ code: Int32) -> ChatStorageError {
        let cause = ChatStorageError.Cause(engine: "system", code: "\(code)")
        return switch code {
        case ENOENT, ENOTDIR:
            ChatStorageError(.invalidArgument, "the folder of the database file does not exist", cause: cause)
        case ENAMETOOLONG, ELOOP:
            ChatStorageError(.invalidArgument, "the path of the database file cannot be followed", cause: cause)
        case EACCES, EPERM, EROFS:
            ChatStorageError(.accessDenied, "the database file cannot be made or reached by this user", cause: cause)
        default:
            ChatStorageError(
                .unavailable, "the database file cannot be made or reached", writeOutcome: .notApplied, cause: cause)
        }
    }
}
