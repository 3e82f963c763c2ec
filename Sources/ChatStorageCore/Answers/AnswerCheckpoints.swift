/// How often an answer under way is written and looked up while it comes.
///
/// ```swift
/// let checkpoints = AnswerCheckpoints(interval: .seconds(3))
/// try await chats.append(streaming: .assistant, to: id, checkpoints: checkpoints) { draft in ... }
/// ```
public struct AnswerCheckpoints: Sendable {
    /// The shortest time from the beginning of one checkpoint to the next; by default a second.
    ///
    /// The first body and the end are written at once. A database that takes longer gets fewer checkpoints: one is
    /// written at a time, always of the newest body.
    public var interval: Duration
    /// How many bytes a second the checkpoints of one answer write at most, on average; by default 256 KiB.
    ///
    /// A checkpoint writes the whole message, so a message longer than `bytesPerSecond` times ``interval`` gets fewer:
    /// one of 1 MiB is written every four seconds.
    public var bytesPerSecond: Int
    /// How long after the last write a checkpoint is made without a new body; by default 15 seconds.
    ///
    /// It shows that the writer is alive; ``ChatStorageBackend/unfinishedMessages(_:)`` finds the answers of dead ones.
    public var keepAlive: Duration
    /// How long after the last news the message is looked up, to see whether another process ended the answer; by
    /// default two seconds.
    public var look: Duration
    /// How often the append and the end are tried while the database cannot be reached, and how long to wait between
    /// attempts; by default ``RetryPolicy/standard``.
    ///
    /// A failed checkpoint waits in the same way. It is never given up, and it does not disturb the body.
    public var retrying: RetryPolicy
    /// The clock of all these times; by default `ContinuousClock`.
    public var clock: any Clock<Duration>

    /// Makes options.
    ///
    /// - Parameters:
    ///   - interval: The shortest time between checkpoints, zero or longer.
    ///   - bytesPerSecond: How many bytes a second they write at most, 1 or more.
    ///   - keepAlive: How long after the last write one is made although nothing came, longer than zero.
    ///   - look: How long after the last news the message is looked up, longer than zero.
    ///   - policy: How often the append and the end are tried.
    ///   - clock: The clock of all these times.
    public init(
        interval: Duration = .seconds(1), bytesPerSecond: Int = 256 << 10, keepAlive: Duration = .seconds(15),
        look: Duration = .seconds(2), retrying policy: RetryPolicy = .standard,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.interval = interval
        self.bytesPerSecond = bytesPerSecond
        self.keepAlive = keepAlive
        self.look = look
        retrying = policy
        self.clock = clock
    }

    func check() throws {
        let problem: String? =
            if interval < .zero {
                "the interval is negative"
            } else if bytesPerSecond < 1 {
                "the bytes per second are not positive"
            } else if keepAlive <= .zero {
                "the keep-alive time is not positive"
            } else if look <= .zero {
                "the time between look-ups is not positive"
            } else {
                nil
            }
        if let problem { throw ChatStorageError(.invalidArgument, "in the checkpoints of an answer, \(problem)") }
    }

    /// The same with times of three years at most: the longest duration would overflow a clock's time.
    var bounded: AnswerCheckpoints {
        var bounded = self
        let longest = Duration.seconds(100_000_000)
        bounded.interval = min(interval, longest)
        bounded.keepAlive = min(keepAlive, longest)
        bounded.look = min(look, longest)
        return bounded
    }

    /// The shortest time between two checkpoints of a message.
    func interval(for body: ChatMessage) -> Duration {
        max(interval, .seconds(Double(body.storedBytes) / Double(bytesPerSecond)))
    }
}
