/// How often to repeat a failed append, and how long to wait in between.
///
/// The wait before each attempt is a random one between nothing and a bound that doubles from attempt to attempt ("full
/// jitter"), so that callers whose database comes back do not all call at the same moment.
public struct RetryPolicy: Sendable, Hashable {
    /// Five attempts with waits of at most three seconds together, for short outages; a failover needs a longer policy.
    ///
    /// An unanswered attempt lasts until the backend's deadline for a call.
    public static let standard = RetryPolicy()

    /// How many attempts are made, the first included; by default 5, and at least 1.
    public var attempts: Int
    /// The bound of the wait before the second attempt; by default 0.2 seconds.
    public var firstDelay: Duration
    /// The highest bound of a wait; by default 5 seconds.
    public var longestDelay: Duration

    /// Makes a policy.
    ///
    /// - Parameters:
    ///   - attempts: How many attempts are made, the first included; at least 1.
    ///   - firstDelay: The bound of the wait before the second attempt.
    ///   - longestDelay: The highest bound of a wait.
    public init(
        attempts: Int = 5, firstDelay: Duration = .milliseconds(200), longestDelay: Duration = .seconds(5)
    ) {
        self.attempts = attempts
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
    }

    /// The bound of the wait after a number of failed attempts.
    package func longestWait(afterFailures failures: Int) -> Duration {
        var delay = min(firstDelay, longestDelay)
        // At the highest bound, or at zero, doubling changes nothing more.
        for _ in 1..<max(failures, 1) {
            guard delay > .zero, delay < longestDelay else { break }
            delay = delay > longestDelay / 2 ? longestDelay : delay * 2
        }
        return max(delay, .zero)
    }
}
