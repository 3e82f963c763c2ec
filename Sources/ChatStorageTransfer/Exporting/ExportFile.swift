import ChatStorageSupport
import Dispatch

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Why a file cannot be written.
public struct ExportError: Error, Sendable, CustomStringConvertible {
    /// Whether a file of that name is there, and was not to be replaced.
    public let isExistingFile: Bool
    /// A sentence without its subject, to be put after the file's name: `cannot be written: no space left on device`.
    public let message: String

    /// The sentence.
    public var description: String { "the file \(message)" }

    static let exists = ExportError(isExistingFile: true, message: "is there already")

    init(isExistingFile: Bool = false, message: String) {
        self.isExistingFile = isExistingFile
        self.message = message
    }

    fileprivate init(_ code: CInt) {
        self.init(message: "cannot be written: \(SystemError(code))")
    }
}

/// A file that gets its name once it is whole and on the disk.
final class ExportFile: Sendable {
    private let path: String
    private let temporaryPath: String
    private let replacing: Bool
    private let descriptor: CInt
    private let file: FileDescriptor
    private let queue = DispatchQueue(label: "ChatStorage.ExportFile")

    /// Makes the file under a temporary name.
    ///
    /// - Throws: ``ExportError``.
    init(path: String, replacing: Bool) async throws {
        self.path = path
        self.replacing = replacing
        let cut = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        let number = String(UInt64.random(in: .min ... .max), radix: 36)
        // A name has up to 255 bytes.
        var name = path[cut...]
        while name.utf8.count > 200 { name.removeLast() }
        let temporary = "\(path[..<cut]).\(name).\(number).part"
        temporaryPath = temporary
        let opened = try await Self.onQueue(queue) { () throws -> CInt in
            var status = stat()
            if lstat(path, &status) == 0 {
                guard replacing else { throw ExportError.exists }
                guard status.st_mode & S_IFMT == S_IFREG else {
                    throw ExportError(message: "is no regular file, and is not replaced")
                }
                try Self.checkIsNoDatabase(path)
                // Nor is what lies beside one and is a part of it.
                for suffix in ["-wal", "-shm", "-journal"] where path.hasSuffix(suffix) {
                    try Self.checkIsNoDatabase(String(path.dropLast(suffix.count)))
                }
            }
            // What is in a chat is its owner's.
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw ExportError(errno) }
            return descriptor
        }
        descriptor = opened
        file = FileDescriptor(opened, isOwned: true)
    }

    /// Writes bytes.
    func write(_ bytes: [UInt8]) async throws {
        do {
            try await file.write(bytes)
        } catch let error as SystemError {
            throw ExportError(message: "cannot be written: \(error)")
        }
    }

    /// Syncs the file and gives it its name.
    func commit() async throws {
        try Task.checkCancellation()
        try await Self.onQueue(queue) { [self] in
            guard Self.sync(descriptor) == 0 else { throw ExportError(errno) }
            try publish()
            // The name is on the disk once its folder is; some file systems cannot sync folders.
            let cut = path.lastIndex(of: "/").map { path[...$0] } ?? "."
            let folder = open(String(cut), O_RDONLY | O_CLOEXEC)
            guard folder >= 0 else { return }
            defer { close(folder) }
            guard fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP else { throw ExportError(errno) }
        }
    }

    /// Refuses to replace a database, whatever it holds: nobody exports chats in the place of a store on purpose.
    private static func checkIsNoDatabase(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var start = [UInt8](repeating: 0, count: 15)
        guard read(descriptor, &start, start.count) == start.count, start == Array("SQLite format 3".utf8) else {
            return
        }
        throw ExportError(message: "is of a SQLite database, which an export does not replace")
    }

    /// Brings what was written to the disk; on Apple's systems `fsync` stops before the medium.
    private static func sync(_ descriptor: CInt) -> CInt {
        #if canImport(Darwin)
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
        #endif
        return fsync(descriptor)
    }

    /// Renames the file, onto another one only if that is to be replaced.
    private func publish() throws {
        if !replacing {
            // A link fails where a file has come since, which a rename would replace.
            if link(temporaryPath, path) == 0 {
                unlink(temporaryPath)
                return
            }
            guard errno != EEXIST else { throw ExportError.exists }
        }
        guard rename(temporaryPath, path) == 0 else { throw ExportError(errno) }
    }

    /// Removes what was written, also in a task that was cancelled.
    func discard() async {
        await Task { try? await Self.onQueue(queue) { [temporaryPath] in _ = unlink(temporaryPath) } }.value
    }

    /// Runs what may wait for the disk, to its end, where it blocks no task.
    private static func onQueue<Result: Sendable>(
        _ queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
