import ChatStorageSupport

/// Moves the write-ahead log into the database file (a checkpoint), for the connection that writes.
///
/// Up to 3.51.2 SQLite can lose commits when one connection moves the log while another's commit starts it over
/// (<https://www.sqlite.org/wal.html#walresetbug>). Only a move without SQLite's write lock can do that. So no
/// connection of the library moves the log by itself after a commit. This value's own connection moves it, and only
/// while the writer's connection has the lock. Checkpoint modes that take the lock themselves are not enough: they go
/// on without it when their wait ends (`sqlite3WalCheckpoint` in `wal.c`). The last connection to close has the whole
/// file for itself when it moves the log.
struct LogMover {
    private let settings: StoreSettings
    private let file: OpenedFile
    /// Not the writer's: no connection can move the log within its own transaction.
    private var connection: Database?

    /// Makes one without a connection.
    ///
    /// - Parameter file: The file of the writer's connection.
    init(_ settings: StoreSettings, of file: OpenedFile) {
        self.settings = settings
        self.file = file
    }

    /// Moves as much of the log as readers allow.
    ///
    /// A failure leaves the log as it was, for a later attempt.
    ///
    /// - Parameters:
    ///   - writer: Outside a transaction.
    ///   - wait: How long to wait for another process's transaction.
    ///   - attempts: How often to try if readers are in the way; all writers wait meanwhile.
    ///   - pause: Waits between two attempts, for short reads of older pages to end.
    /// - Returns: How many pages the log has if all of it is in the file now, so that the next commit starts it over;
    ///   else nil.
    @discardableResult
    mutating func moveLog(
        lockedBy writer: Database, waiting wait: Duration, attempts: Int = 3,
        pause: () -> Void = { sleepThread(for: .milliseconds(1)) }
    ) -> Int? {
        do {
            // If the log is gone, a connection opened now would make a new one, and move that.
            try writer.checkPlaceForWriting()
            let mover = try opened()
            writer.waitForRest()
            writer.setBusyTimeout(wait)
            try writer.command(.begin)
            writer.writerRest.transactionBegan(at: .now)
            defer {
                // Nothing was written.
                try? writer.command(.rollback)
                writer.writerRest.transactionEnded(at: .now)
            }
            // Reads of older pages end meanwhile, and without commits no new ones begin.
            for _ in 0..<attempts {
                if let pages = try mover.moveLog() { return pages }
                pause()
            }
            return nil
        } catch {
            return nil
        }
    }

    /// Closes its connection, before the writer's.
    mutating func close() {
        connection?.close()
        connection = nil
    }

    private mutating func opened() throws -> Database {
        if let connection { return connection }
        let opened = try Database(settings, for: .reading, of: file)
        connection = opened
        return opened
    }
}
