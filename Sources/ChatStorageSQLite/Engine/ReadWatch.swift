import ChatStorageSupport

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// Ends a read that would block its thread because the disk is slow, and one whose caller no longer waits.
///
/// SQLite asks between two steps of its virtual machine (<https://www.sqlite.org/c3ref/progress_handler.html>), and
/// ending a read there leaves the connection as it was. Unlike `sqlite3_interrupt` this cannot hit the next read.
///
/// It belongs to one connection, which is used by one thread at a time.
final class ReadWatch {
    /// How a read began.
    struct Start {
        fileprivate let time: Int64
        fileprivate let pagesRead: Int32
    }

    /// A read is slow if it takes more nanoseconds than this and had to read pages of the file.
    ///
    /// A shorter one may only have lost a time slice to another thread.
    private static let limit: Int64 = 5_000_000
    /// A read that takes longer than this is slow in any case; with a rollback journal every read looks at the file.
    private static let longest: Int64 = 40_000_000
    /// How often SQLite asks: about every two rows, since each row can wait for the disk.
    ///
    /// Asking costs a hundredth of what a row costs.
    private static let stepsPerLook: Int32 = 25

    private let connection: OpaquePointer
    /// How the current read began, if it must end once it is slow; nil if it may take any time.
    var endsIfSlow: Start?
    /// Whether the read's caller still waits; nil where that does not matter.
    var isWanted: (() -> Bool)?
    private var isPaused = false

    /// Makes a watch of a connection that is closed before this value goes away.
    init(_ connection: OpaquePointer) {
        self.connection = connection
    }

    /// Makes SQLite ask this watch.
    func install() {
        sqlite3_progress_handler(
            connection, Self.stepsPerLook,
            { context in
                guard let context else { return 0 }
                return Unmanaged<ReadWatch>.fromOpaque(context).takeUnretainedValue().isOver ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Notes how a read begins.
    func start() -> Start {
        Start(time: MonotonicTime.now, pagesRead: pagesRead)
    }

    /// Whether a read shows that the disk is slow.
    ///
    /// If every page was in memory, a few milliseconds went to other programs on a busy machine.
    func isSlow(since start: Start) -> Bool {
        let time = MonotonicTime.now - start.time
        return time > Self.limit && (time > Self.longest || pagesRead != start.pagesRead)
    }

    /// Runs a body that must not be interrupted.
    func pausing(_ body: () throws -> Void) rethrows {
        isPaused = true
        defer { isPaused = false }
        try body()
    }

    private var isOver: Bool {
        if isPaused { return false }
        if let endsIfSlow { return isSlow(since: endsIfSlow) }
        return isWanted.map { !$0() } ?? false
    }

    /// How many pages the connection has read from the file because its cache lacked them.
    private var pagesRead: Int32 {
        var (count, highest) = (Int32(0), Int32(0))
        sqlite3_db_status(connection, SQLITE_DBSTATUS_CACHE_MISS, &count, &highest, 0)
        return count
    }
}
