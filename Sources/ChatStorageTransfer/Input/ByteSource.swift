package import ChatStorageSupport

/// The source of a file's bytes: a file, or a member of an archive.
package protocol ByteSource: Sendable {
    /// Waits for bytes and reads those that are there; empty at the end.
    ///
    /// - Throws: ``ChatFileError``, `SystemError`; `CancellationError` when the task is cancelled.
    func read() async throws -> [UInt8]
}

extension FileDescriptor: ByteSource {}
