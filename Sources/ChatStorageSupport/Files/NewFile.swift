#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// A file that gets its name once it is whole and on the disk; until then it has a temporary one in the same folder.
///
/// Its calls wait for the disk. Only its owner can read it: what is in a chat is its owner's.
package struct NewFile: Sendable {
    /// Why a place is refused.
    package enum Refusal: Error {
        /// There is a file, which is not to be replaced.
        case exists
        /// There is a folder, a link, a pipe or a device.
        case isNoRegularFile
        /// There is a SQLite database, or the name is that of a database's log or journal.
        case isOfDatabase
    }

    private let path: String
    /// Where the file is until it gets its name.
    package let temporaryPath: String
    /// The file, to be written by the descriptor that made it: nobody can put another file in its place in between.
    package let file: FileDescriptor
    private let descriptor: CInt
    private let replaces: Bool

    /// Makes the empty file.
    ///
    /// - Parameters:
    ///   - path: The name that it will get.
    ///   - replaces: Whether it takes the place of a regular file that is there.
    ///   - keepsDatabases: Whether it refuses to replace a SQLite database even then; it always refuses a log's name.
    /// - Throws: ``Refusal``, `SystemError`.
    package init(path: String, replaces: Bool, keepsDatabases: Bool) throws {
        self.path = path
        self.replaces = replaces
        let cut = path.utf8.lastIndex(of: UInt8(ascii: "/")).map(path.utf8.index(after:)) ?? path.startIndex
        // A name has up to 255 bytes.
        var name = path[cut...]
        while name.utf8.count > 200 { name.removeLast() }
        let number = String(UInt64.random(in: .min ... .max), radix: 36)
        temporaryPath = "\(path[..<cut]).\(name).\(number).partial"

        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else { throw Refusal.isNoRegularFile }
            guard replaces else { throw Refusal.exists }
            if keepsDatabases, Self.isDatabase(path) { throw Refusal.isOfDatabase }
        } else if errno != ENOENT {
            throw SystemError(errno)
        }
        if Self.isBesideDatabase(path) { throw Refusal.isOfDatabase }
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError(errno) }
        file = FileDescriptor(descriptor, isOwned: true)
    }

    /// Removes what was written.
    package func discard() {
        unlink(temporaryPath)
    }

    /// Syncs the file, and gives it its name.
    ///
    /// - Throws: `Refusal.exists` if a file has come to its place meanwhile; `SystemError`. It has no name then, unless
    ///   it may replace another file and only its folder could not be synced.
    package func publish() throws {
        try withExtendedLifetime(file) { try Self.sync(descriptor) }
        let cut = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = open(cut.map { String(path[...$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw SystemError(errno) }
        defer { close(folder) }
        if replaces {
            guard rename(temporaryPath, path) == 0 else { throw SystemError(errno) }
        } else {
            try renameToFreeName()
        }
        do {
            // The name is on the disk once its folder is; some file systems sync no folders.
            try Self.sync(folder, unless: [EINVAL, ENOTSUP])
        } catch {
            if !replaces { unlink(path) }
            throw error
        }
    }

    /// Gives the file its name as a link: renaming would replace a file that somebody has made meanwhile.
    private func renameToFreeName() throws {
        if link(temporaryPath, path) == 0 {
            unlink(temporaryPath)
            return
        }
        switch errno {
        case EEXIST: throw Refusal.exists
        case EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK, EXDEV:
            // The file system has no second names.
            var status = stat()
            guard lstat(path, &status) != 0 else { throw Refusal.exists }
            guard rename(temporaryPath, path) == 0 else { throw SystemError(errno) }
        case let code: throw SystemError(code)
        }
    }

    /// Brings what was written to the disk; on Apple's systems `fsync` stops before the medium.
    private static func sync(_ descriptor: CInt, unless accepted: [CInt] = []) throws {
        #if canImport(Darwin)
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
        #endif
        guard fsync(descriptor) == 0 || accepted.contains(errno) else { throw SystemError(errno) }
    }

    /// Whether a path is that of the log or journal of a SQLite database that is there.
    package static func isBesideDatabase(_ path: String) -> Bool {
        ["-wal", "-shm", "-journal"].contains { suffix in
            path.hasSuffix(suffix) && isDatabase(String(path.dropLast(suffix.count)))
        }
    }

    private static func isDatabase(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var start = [UInt8](repeating: 0, count: 15)
        return read(descriptor, &start, start.count) == start.count && start == Array("SQLite format 3".utf8)
    }
}
