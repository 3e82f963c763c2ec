/// The timeouts that the server enforces: they end a statement before its call's deadline would close the connection.
///
/// A wait for a lock delays the calls behind it, so it is brief. Then the write is sent again alone, where it may wait
/// long.
struct ServerTimeouts: Sendable, Equatable {
    /// How long statements wait for a lock at most while others can be behind them.
    private static let briefLockWait = Duration.milliseconds(250)

    private let callTimeout: Duration
    /// How long a call waits for a lock altogether; nil means no limit.
    private let lockTimeout: Duration?
    private let statementTimeout: Duration?

    /// Makes the timeouts that suit a configuration; zero means no limit.
    init(callTimeout: Duration, lockTimeout: Duration, statementTimeout: Duration) {
        self.callTimeout = callTimeout
        self.lockTimeout = lockTimeout == .zero ? nil : lockTimeout
        self.statementTimeout = statementTimeout == .zero ? nil : statementTimeout
    }

    /// The server must finish this long before the call's deadline.
    private var margin: Duration { min(callTimeout / 10, .seconds(1)) }

    /// A wait for a lock ends before its statement's time does, so that the error names the lock as the reason.
    private var lockMargin: Duration { margin * 2 }

    /// How long a session's statements wait for a lock.
    var lockWait: Duration { min(Self.briefLockWait, callTimeout / 4, lockTimeout ?? Self.briefLockWait) }

    /// How many writes may be queued on a connection: if each waits for a lock, they take half a call's time.
    var writesPerConnection: Int { max(1, Int(min(callTimeout / 2 / lockWait, 1e6))) }

    /// The statement timeout for a call that sends this many bytes.
    func statement(bytes: Int = 0) -> Duration {
        let timeout = Self.callTimeout(callTimeout, bytes: bytes) - margin
        return min(timeout, statementTimeout ?? timeout)
    }

    /// How long a write that goes alone waits for a lock.
    ///
    /// - Parameters:
    ///   - waited: How long it has waited in attempts before.
    ///   - remaining: The time until its deadline.
    ///   - isAtLength: Whether it may use up its time; otherwise it waits only briefly again.
    func lockWait(after waited: Duration, remaining: Duration, isAtLength: Bool) -> Duration {
        let left = lockTimeout.map { $0 - waited } ?? remaining
        return max(min(isAtLength ? left : min(left, lockWait), remaining - lockMargin), .milliseconds(1))
    }

    /// Whether a call that has waited for locks must give up.
    func isOver(after waited: Duration, remaining: Duration) -> Bool {
        remaining <= lockMargin || lockTimeout.map { waited >= $0 } ?? false
    }

    /// How long a call that sends this many bytes may take: a second more for each MiB.
    static func callTimeout(_ timeout: Duration, bytes: Int) -> Duration { timeout + .seconds(bytes >> 20) }
}
