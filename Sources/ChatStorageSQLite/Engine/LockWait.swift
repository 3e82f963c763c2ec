#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// How a connection waits for a lock that another one holds: it asks again every millisecond.
///
/// SQLite's own wait asks ten times a second after a while (`sqliteDefaultBusyCallback` in its `main.c`). Between two
/// transactions of a process that never rests the file is free for some fifty microseconds only, so that such a wait can
/// miss them all until its time is over.
///
/// It belongs to one connection, which is used by one thread at a time.
final class LockWait {
    /// How long it waits before it asks again.
    static let interval = Duration.milliseconds(1)

    /// How long a statement waits; with zero it does not, and otherwise it asks again at least once.
    var timeout = Duration.zero
    private var deadline = ContinuousClock.now

    /// Makes a connection wait like this, as long as this value lives.
    func install(on connection: OpaquePointer) {
        sqlite3_busy_handler(
            connection,
            { context, asked in
                guard let context else { return 0 }
                return Unmanaged<LockWait>.fromOpaque(context).takeUnretainedValue().goesOn(asked: asked) ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Waits a little, unless the time is over.
    ///
    /// - Parameter asked: How often the same statement has waited before.
    /// - Returns: Whether to ask again.
    private func goesOn(asked: Int32) -> Bool {
        guard timeout != .zero else { return false }
        if asked == 0 { deadline = .now + timeout } else if .now >= deadline { return false }
        Self.pause()
        return true
    }

    /// Blocks the thread for the interval.
    static func pause() {
        sqlite3_sleep(Int32(interval / .milliseconds(1)))
    }
}
