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

/// The file that a backup becomes: written under a name beside its own, and renamed when it is whole.
struct BackupTarget {
    /// Where it will be; absolute.
    let path: String
    /// Where it is until then.
    let partialPath: String
    /// Whether it takes the place of a file that is there.
    let replaces: Bool

    /// Makes the empty file.
    ///
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` if the place is taken.
    init(path: String, replaces: Bool, besides source: FileIdentity) throws {
        self.path = path
        self.replaces = replaces
        let digits = String(UInt32.random(in: .min ... .max), radix: 16)
        partialPath = "\(path).\(digits).partial"
        try checkPlace(besides: source)
        let descriptor = open(partialPath, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error(errno) }
        _ = close(descriptor)
    }

    /// Removes what was written so far.
    func remove() {
        unlink(partialPath)
    }

    /// Makes the file survive a loss of power, and gives it its name.
    func publish() throws {
        try Self.sync(partialPath, O_RDWR)
        if replaces {
            guard rename(partialPath, path) == 0 else { throw Self.error(errno) }
        } else {
            try renameToFreeName()
        }
        try Self.sync(folder, O_RDONLY | O_DIRECTORY)
    }

    /// Renaming would take the place of a file that somebody has made meanwhile; a second name is refused then.
    private func renameToFreeName() throws {
        if link(partialPath, path) == 0 {
            unlink(partialPath)
            return
        }
        switch errno {
        case EEXIST: throw Self.taken
        case EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK, EXDEV:
            // The file system has no second names.
            var information = stat()
            guard lstat(path, &information) != 0 else { throw Self.taken }
            guard rename(partialPath, path) == 0 else { throw Self.error(errno) }
        case let code: throw Self.error(code)
        }
    }

    private func checkPlace(besides source: FileIdentity) throws {
        if try FileIdentity(path: path) == source {
            throw ChatStorageError(.invalidArgument, "the backup's path is that of the store itself")
        }
        var information = stat()
        if lstat(path, &information) == 0 {
            guard replaces else { throw Self.taken }
            guard information.st_mode & S_IFMT == S_IFREG else {
                throw ChatStorageError(.invalidArgument, "what is at the backup's path is no file, and is not replaced")
            }
        } else if errno != ENOENT {
            throw Self.error(errno)
        }
        for suffix in ["-wal", "-journal"] where stat(path + suffix, &information) == 0 && information.st_size > 0 {
            throw ChatStorageError(
                .invalidArgument,
                "beside the backup's path lies another database's \(suffix) file, which SQLite would take for its own")
        }
    }

    private var folder: String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return String(path[...slash])
    }

    private static func sync(_ path: String, _ flags: Int32) throws {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw error(errno) }
        defer { _ = close(descriptor) }
        #if canImport(Darwin)
        // Elsewhere a sync waits for the medium; there it takes this.
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
        #endif
        // Some file systems sync no folders.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else { throw error(errno) }
    }

    private static let taken = ChatStorageError(.invalidArgument, "there is a file at the backup's path")

    /// What a system's error means for a backup.
    static func error(_ code: Int32) -> ChatStorageError {
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
