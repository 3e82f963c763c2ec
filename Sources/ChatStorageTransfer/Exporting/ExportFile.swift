import ChatStorageSupport
import Dispatch

/// Why a file cannot be written.
public struct ExportError: Error, Sendable, CustomStringConvertible {
    /// Whether a file of that name is there, and was not to be replaced.
    public let isExistingFile: Bool
    /// A sentence without its subject, to be put after the file's name: `cannot be written: no space left on device`.
    public let message: String

    /// The sentence.
    public var description: String { "the file \(message)" }

    fileprivate init(_ error: SystemError) {
        isExistingFile = false
        message = "cannot be written: \(error)"
    }

    fileprivate init(_ refusal: NewFile.Refusal) {
        isExistingFile = refusal == .exists
        message =
            switch refusal {
            case .exists: "is there already"
            case .isNoRegularFile: "is no regular file, and is not replaced"
            case .isOfDatabase: "is of a SQLite database, which an export does not replace"
            }
    }
}

/// The file of an export, which is whole when it gets its name.
final class ExportFile: Sendable {
    private let new: NewFile
    private let queue: DispatchQueue

    /// Makes the file under a temporary name.
    ///
    /// - Throws: ``ExportError``.
    init(path: String, replacing: Bool) async throws {
        let queue = DispatchQueue(label: "ChatStorage.ExportFile")
        new = try await Self.onQueue(queue) {
            try NewFile(path: path, replaces: replacing, keepsDatabases: true)
        }
        self.queue = queue
    }

    /// Writes bytes.
    func write(_ bytes: [UInt8]) async throws {
        do {
            try await new.file.write(bytes)
        } catch let error as SystemError {
            throw ExportError(error)
        }
    }

    /// Syncs the file and gives it its name.
    func commit() async throws {
        try Task.checkCancellation()
        try await Self.onQueue(queue) { [new] in try new.publish() }
    }

    /// Removes what was written, also in a task that was cancelled.
    func discard() async {
        await Task { try? await Self.onQueue(queue) { [new] in new.discard() } }.value
    }

    /// Runs work on a queue, always to its end: it may wait for the disk, and must block no task.
    private static func onQueue<Result: Sendable>(
        _ queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Swift.Result { try body() }) }
            }
        } catch let refusal as NewFile.Refusal {
            throw ExportError(refusal)
        } catch let error as SystemError {
            throw ExportError(error)
        }
    }
}
