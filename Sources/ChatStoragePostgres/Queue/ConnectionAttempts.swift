/// Attempts to connect: how many are under way, when the next may begin, and how long calls wait for them.
struct ConnectionAttempts {
    /// How long a call waits for a second connection; an unanswered attempt must not delay it longer.
    private static let patience = Duration.seconds(1)

    /// How many are under way.
    private(set) var underWay = 0
    /// How long calls wait for those under way; nil without any.
    private(set) var expectedUntil: ContinuousClock.Instant?
    private var backoff = ConnectBackoff()

    /// How many failed since one succeeded; those that were made together are one.
    var failures: Int { backoff.failures }

    /// When the next may begin; nil when it may at once.
    var next: ContinuousClock.Instant? { backoff.nextAttempt }

    /// Begins attempts until a number of them is under way, as far as they are allowed.
    ///
    /// - Returns: How many began.
    mutating func begin(upTo wanted: Int, now: ContinuousClock.Instant) -> Int {
        let before = underWay
        while underWay < wanted, backoff.allowsAttempt(now: now, underWay: underWay) { underWay += 1 }
        expectedUntil = underWay == 0 ? nil : expectedUntil ?? now + Self.patience
        return underWay - before
    }

    /// Takes note that one has ended; ``succeeded()`` or ``failed(now:)`` follows once it is known how.
    mutating func ended() { underWay -= 1 }

    /// Takes note of a session that can be used.
    mutating func succeeded() { backoff.succeeded() }

    /// Takes note of an attempt that failed, or whose session ended before it could be used.
    mutating func failed(now: ContinuousClock.Instant) { backoff.failed(now: now) }
}
