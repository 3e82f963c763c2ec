/// Attempts to connect: how many are under way, when the next may begin, and how long calls wait for them.
struct ConnectionAttempts {
    /// How long a call waits for a second connection; an unanswered attempt must not delay it longer.
    private static let patience = Duration.seconds(1)

    /// How many are under way.
    private(set) var underWay = 0
    /// How long calls wait for those under way; nil without any.
    private(set) var expectedUntil: ContinuousClock.Instant?
    private var backoff = ConnectBackoff()

    /// How many failed since one succeeded; attempts that began together count as one.
    var failures: Int { backoff.failures }

    /// When the next may begin; nil for at once.
    var next: ContinuousClock.Instant? { backoff.nextAttempt }

    /// Begins attempts until this many are under way, as far as they are allowed.
    ///
    /// - Returns: How many began.
    mutating func begin(upTo wanted: Int, now: ContinuousClock.Instant) -> Int {
        let before = underWay
        while underWay < wanted, backoff.allowsAttempt(now: now, underWay: underWay) { underWay += 1 }
        expectedUntil = underWay == 0 ? nil : expectedUntil ?? now + Self.patience
        return underWay - before
    }

    /// Notes that one has ended; call ``succeeded()`` or ``failed(now:)`` once it is known how.
    mutating func ended() { underWay -= 1 }

    /// Notes a session that can be used.
    mutating func succeeded() { backoff.succeeded() }

    /// Notes an attempt that failed, or whose session ended before it could be used.
    mutating func failed(now: ContinuousClock.Instant) { backoff.failed(now: now) }
}
