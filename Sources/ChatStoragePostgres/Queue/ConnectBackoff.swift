/// When the next attempt to connect is due after failures: soon at first, then ever later, with jitter.
///
/// Because of that, processes that lost the same server do not all come back at the same moment.
struct ConnectBackoff {
    static let shortest = Duration.milliseconds(50)
    static let longest = Duration.seconds(2)

    private(set) var failures = 0
    private(set) var nextAttempt: ContinuousClock.Instant?

    mutating func succeeded() {
        self = ConnectBackoff()
    }

    /// - Parameter jitter: A random number from 0.5 to 1.
    mutating func failed(now: ContinuousClock.Instant, jitter: Double = .random(in: 0.5...1)) {
        // Attempts that began together fail together: they count as one failure.
        if let nextAttempt, now < nextAttempt { return }
        let delay = min(Self.shortest * (1 << min(failures, 10)), Self.longest)
        failures += 1
        nextAttempt = now + delay * jitter
    }

    /// Whether an attempt may begin; after a failure one at a time.
    func allowsAttempt(now: ContinuousClock.Instant, underWay: Int) -> Bool {
        guard let nextAttempt else { return true }
        return underWay == 0 && now >= nextAttempt
    }
}
