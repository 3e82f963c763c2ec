package import ChatStorageSupport

/// What a file's bytes come from: a file, or a member of an archive.
package protocol ByteSource: Sendable {
    /// Reads what there is, waiting for some; nothing at the end.
    ///
    /// - Throws: ``ChatFileError``, `SystemError`; `CancellationError` when the task is cancelled.
    func read() async throws -> [UInt8]
}

extension FileDescriptor: ByteSource {}
