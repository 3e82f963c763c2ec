import Synchronization

/// Notices about slow checks: after ten seconds, and then every minute.
package final class SlowCheckNotice: Sendable {
    private static let first = Duration.seconds(10)
    private static let interval = Duration.seconds(60)

    private let randomCalls: Int
    private let next = Mutex(first)

    /// - Parameter randomCalls: How many calls the check of random calls makes.
    package init(randomCalls: Int) {
        self.randomCalls = randomCalls
    }

    /// The notice about a check that has run for this time; nil if none is due.
    package func text(about check: Check, after duration: Duration) -> String? {
        let isDue = next.withLock { next in
            if duration == .zero { next = Self.first }
            guard duration >= next else { return false }
            next = duration + Self.interval
            return true
        }
        guard isDue else { return nil }
        let limit = check.timeLimit(randomCalls: randomCalls).components.seconds
        return "\(check.id): running for \(duration.components.seconds) s; it fails after \(limit) s"
    }
}
