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

/// The file that a backup becomes, which is whole when it gets its name.
struct BackupTarget {
    private let file: NewFile
    /// Where it is until then.
    var temporaryPath: String { file.temporaryPath }

    /// Makes the empty file.
    ///
    /// - Parameter path: Where it will be; absolute.
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` if the place is taken.
    init(path: String, replaces: Bool, besides source: FileIdentity) throws {
        if try FileIdentity(path: path) == source {
            throw ChatStorageError(.invalidArgument, "the backup's path is that of the store itself")
        }
        // SQLite puts its journal beside a database, and a name has up to 255 bytes.
        guard (path.split(separator: "/").last?.utf8.count ?? 0) + "-journal".utf8.count <= 255 else {
            throw Self.error(ENAMETOOLONG)
        }
        var status = stat()
        for suffix in ["-wal", "-journal"] where stat(path + suffix, &status) == 0 && status.st_size > 0 {
            throw ChatStorageError(
                .invalidArgument,
                "a \(suffix) file of another database lies beside the backup's path; choose another path")
        }
        file = try Self.translatingErrors { try NewFile(path: path, replaces: replaces, keepsDatabases: false) }
    }

    /// Removes what was written so far.
    func discard() {
        file.discard()
    }

    /// Makes the file survive a loss of power, and gives it its name.
    func publish() throws {
        try Self.translatingErrors { try file.publish() }
    }

    private static func translatingErrors<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let refusal as NewFile.Refusal {
            throw ChatStorageError(.invalidArgument, message(of: refusal))
        } catch let error as SystemError {
            throw Self.error(error.code)
        }
    }

    private static func message(of refusal: NewFile.Refusal) -> String {
        switch refusal {
        case .exists: "there is a file at the backup's path; replacing: true replaces it"
        case .isNoRegularFile: "what is at the backup's path is no file, and is not replaced"
        case .isOfDatabase: "the backup's path is that of another database's log or journal"
        }
    }

    /// What a system's error means for a backup.
    private static func error(_ code: Int32) -> ChatStorageError {
        let cause = ChatStorageError.Cause(engine: "system", code: "\(code)")
        return switch code {
        case ENOENT, ENOTDIR:
            ChatStorageError(.invalidArgument, "the backup's folder does not exist", cause: cause)
        case EISDIR, ENAMETOOLONG, ELOOP:
            ChatStorageError(.invalidArgument, "the backup's path cannot be that of a file", cause: cause)
        case ENOSPC, EDQUOT: ChatStorageError(.unavailable, full, cause: cause)
        case EROFS: ChatStorageError(.accessDenied, "the backup's file system is read-only", cause: cause)
        case EACCES, EPERM:
            ChatStorageError(.accessDenied, "the backup's folder cannot be written by this user", cause: cause)
        default: ChatStorageError(.unavailable, "the backup cannot be written", cause: cause)
        }
    }

    static let full = "the backup's disk or quota is full"
}
