/// How often an append is made again, and how long is waited in between.
///
/// The wait before each attempt is a random one between nothing and a bound that doubles from attempt to attempt ("full
/// jitter"), so that many callers whose database comes back do not all call at the same moment.
public struct RetryPolicy: Sendable, Hashable {
    /// Five attempts with waits of at most three seconds together, for short outages; a failover takes a longer policy.
    ///
    /// An attempt of which no answer comes takes as long as the backend's own deadline for a call.
    public static let standard = RetryPolicy()

    /// How often the append is made, the first time included; by default 5, and at least 1.
    public var attempts: Int
    /// The bound of the wait before the second attempt; by default 0.2 seconds.
    public var firstDelay: Duration
    /// The highest bound of a wait; by default 5 seconds.
    public var longestDelay: Duration

    /// Makes a policy.
    public init(
        attempts: Int = 5, firstDelay: Duration = .milliseconds(200), longestDelay: Duration = .seconds(5)
    ) {
        self.attempts = attempts
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
    }

    /// The bound of the wait after so many failed attempts.
    package func longestWait(afterFailures failures: Int) -> Duration {
        var delay = min(firstDelay, longestDelay)
        // From here on a doubling only reaches the highest bound, or stays at nothing.
        for _ in 1..<max(failures, 1) {
            guard delay > .zero, delay < longestDelay else { break }
            delay = delay > longestDelay / 2 ? longestDelay : delay * 2
        }
        return max(delay, .zero)
    }
}
