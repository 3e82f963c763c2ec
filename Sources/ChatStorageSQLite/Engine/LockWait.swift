import ChatStorageSupport

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// How a connection waits for a lock that another one holds: it asks again every millisecond.
///
/// After a while SQLite's own wait asks only ten times a second (`sqliteDefaultBusyCallback` in its `main.c`). A
/// process that never rests frees the file between two transactions for less than a millisecond, so on a slow disk such
/// a wait can miss all these moments until it times out.
///
/// It belongs to one connection, which is used by one thread at a time.
final class LockWait {
    /// How long a statement waits.
    ///
    /// Zero does not wait; otherwise it asks again at least once.
    var timeout = Duration.zero
    private var deadline = ContinuousClock.now
    /// How long the connection has waited for others' locks so far.
    private(set) var waited = Duration.zero
    /// The moment up to which a wait under way is counted.
    private var counted = ContinuousClock.now

    /// Makes a connection wait like this; the connection is closed before this value goes away.
    func install(on connection: OpaquePointer) {
        sqlite3_busy_handler(
            connection,
            { context, asked in
                guard let context else { return 0 }
                let wait = Unmanaged<LockWait>.fromOpaque(context).takeUnretainedValue()
                let now = ContinuousClock.now
                // Asking takes time too, on a busy machine more than the pauses.
                if asked > 0 { wait.count(until: now) } else { wait.counted = now }
                guard wait.goesOn(asked: asked, at: now) else { return 0 }
                // Not SQLite's sleep: without `usleep` it is built to sleep for whole seconds.
                sleepThread(for: .milliseconds(1))
                wait.count(until: .now)
                return 1
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func count(until now: ContinuousClock.Instant) {
        waited += now - counted
        counted = now
    }

    /// Whether to ask again.
    ///
    /// - Parameter asked: How often SQLite asked before for the same lock
    ///   (<https://www.sqlite.org/c3ref/busy_handler.html>); SQLite counts anew with each step of a statement
    ///   (`sqlite3VdbeExec`).
    func goesOn(asked: Int32, at now: ContinuousClock.Instant) -> Bool {
        guard timeout != .zero else { return false }
        if asked == 0 {
            deadline = now + timeout
            return true
        }
        return now < deadline
    }
}
