/// When the write-ahead log is moved into the file, by its length in pages after each commit.
///
/// SQLite starts the log over with the first commit after all of it was moved, if no connection reads from it then.
struct LogSchedule {
    enum Step: Equatable {
        case nothing, move
        /// Pause long reads: overlapping ones keep the log from starting over.
        case pauseReads
    }

    /// The length at which SQLite itself moves the log by default
    /// (<https://www.sqlite.org/wal.html#automatic_checkpoint>).
    static let due = 1_000
    /// From this length on, the log is moved even while calls wait.
    static let overdue = 2_000
    /// From this length on, long reads make room.
    static let tooLong = 4_000
    /// How many pages the log grows before the next attempt, if readers of older pages are in the way.
    private static let step = 250

    /// How long it was at the last attempt; nil after it started over.
    private var attempted: Int?
    private var nextPause = tooLong

    /// What to do after a commit.
    ///
    /// - Parameter isIdle: Whether no call waits.
    mutating func next(pages: Int, isIdle: Bool) -> Step {
        if let attempted, pages < attempted {
            self.attempted = nil
            nextPause = Self.tooLong
        }
        if attempted != nil, pages >= nextPause {
            nextPause = pages + Self.tooLong
            attempted = pages
            return .pauseReads
        }
        guard pages >= (attempted.map { $0 + Self.step } ?? 0), pages >= (isIdle ? Self.due : Self.overdue) else {
            return .nothing
        }
        attempted = pages
        return .move
    }
}
