#if canImport(CArchive)
import CArchive
import ChatStorageSupport
import Synchronization

/// A ZIP archive that is being read, from its first member to its last.
///
/// libarchive reads the file and unpacks it on this value's own thread, so that neither blocks a task.
final class ZipReader: Sendable {
    /// A member of an archive.
    struct Member: Sendable {
        let name: String
        let isEncrypted: Bool
        let isFile: Bool
    }

    private static let bytesPerRead = 256 << 10

    private let handle: Handle
    private let thread = SerialThread()

    private init(_ handle: Handle) {
        self.handle = handle
    }

    /// Opens an archive.
    ///
    /// - Throws: ``ChatFileError``, `CancellationError`.
    static func open(path: String) async throws -> ZipReader {
        try Task.checkCancellation()
        guard let handle = Handle() else { throw ChatFileError(.unreadable, "cannot be read: out of memory") }
        let reader = ZipReader(handle)
        try await reader.thread.run { try handle.open(path: path, bytesPerRead: Self.bytesPerRead) }
        return reader
    }

    /// The next member; nil after the last.
    ///
    /// - Throws: ``ChatFileError``, `CancellationError`.
    func next() async throws -> Member? {
        try Task.checkCancellation()
        return try await thread.run { [handle] in try handle.next() }
    }

    /// Reads on in the current member; empty at its end.
    ///
    /// - Throws: ``ChatFileError``, `CancellationError`.
    func read() async throws -> [UInt8] {
        try Task.checkCancellation()
        return try await thread.run { [handle] in try handle.read(Self.bytesPerRead) }
    }
}

/// The library's own value, which is closed with this one.
///
// `@unchecked Sendable`: only the reader's one thread uses it; it is made before, and freed with its last reference.
private final class Handle: @unchecked Sendable {
    private let archive: OpaquePointer

    init?() {
        guard let archive = archive_read_new() else { return nil }
        self.archive = archive
        archive_read_support_format_zip_seekable(archive)
    }

    deinit {
        archive_read_free(archive)
    }

    func open(path: String, bytesPerRead: Int) throws {
        guard archive_read_open_filename(archive, path, bytesPerRead) == ARCHIVE_OK else { throw damage() }
    }

    func next() throws -> ZipReader.Member? {
        var entry: OpaquePointer?
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK, ARCHIVE_WARN: break
        default: throw damage()
        }
        // libarchive ends names with a NUL, and gives the raw bytes of names that are not UTF-8.
        let name = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)
        return ZipReader.Member(
            name: name.map { String(cString: $0) } ?? "", isEncrypted: archive_entry_is_encrypted(entry) != 0,
            isFile: archive_entry_filetype(entry) == mode_t(S_IFREG))
    }

    func read(_ count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, count in
            let read = archive_read_data(archive, buffer.baseAddress, buffer.count)
            guard read >= 0 else {
                throw damage("has damaged data, or data packed in a way that cannot be read")
            }
            count = read
        }
    }

    /// The error for what libarchive found, without its words: they can quote names.
    private func damage(
        _ message: String = "is a ZIP archive that is damaged, or of a kind that cannot be read"
    ) -> ChatFileError {
        let code = archive_errno(archive)
        // These are the system's errors; for faults in the file libarchive has higher numbers, or none.
        guard !(1...40).contains(code) else {
            return ChatFileError(.unreadable, "cannot be read: \(SystemError(code))")
        }
        return .compressed("\(message); \(ChatFileError.unpackIt)")
    }
}
#endif
