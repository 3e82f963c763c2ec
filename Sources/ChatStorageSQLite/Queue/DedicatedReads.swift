import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// Long reads of the whole file, such as a backup.
///
/// Each has a connection and a thread of its own: it would occupy a connection of the pool for minutes. These reads do
/// not count as ``LongReads``, since in a pause other long reads would wait for them. Instead the log grows meanwhile,
/// and starts over afterwards.
final class DedicatedReads: Sendable {
    /// Whether a caller has given up.
    private final class Cancellation: Sendable {
        private let happened = Atomic(false)

        var isCancelled: Bool { happened.load(ordering: .relaxed) }

        func cancel() { happened.store(true, ordering: .relaxed) }
    }

    private let settings: StoreSettings
    private let file: OpenedFile
    private let work: WorkUnderWay

    /// - Parameter work: Counts the reads, so that a store that closes can wait for them.
    init(_ settings: StoreSettings, of file: OpenedFile, countedIn work: WorkUnderWay) {
        self.settings = settings
        self.file = file
        self.work = work
    }

    /// Runs a body on a connection of its own, whatever schema the file has.
    ///
    /// It returns when the body has ended, even if the task is cancelled, so that nothing is left half done.
    ///
    /// - Parameter body: Gets the connection, and a check that throws once the task is cancelled.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable (Database, _ checkCancellation: () throws -> Void) throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        guard work.begin() else { throw ChatStorageError.closed }
        defer { work.end() }
        let cancellation = Cancellation()
        let thread = SerialThread()
        return try await withTaskCancellationHandler {
            try await thread.run { [settings, file] in
                do {
                    let database = try Database(settings.file, for: .reading, of: file)
                    defer { database.close() }
                    database.readWatch.isWanted = { !cancellation.isCancelled }
                    return try body(database) { if cancellation.isCancelled { throw CancellationError() } }
                } catch let failure as SQLiteFailure {
                    throw failure.isInterrupted && cancellation.isCancelled ? CancellationError() : failure.error
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
