/// How long a writer leaves the file to other processes between two transactions.
///
/// A file's locks keep no queue: whoever asks while the file is free gets it, and a writer that has more to write frees it
/// for some hundred microseconds. Where transactions are short there are enough such moments. Where a slow or busy disk
/// makes them long they are rare, and on a busy machine those that wait ask late too: so the writer then rests for a
/// twentieth of the time that it held the lock.
struct WriterRest {
    private static let part = 20
    private static let shortest = Duration.milliseconds(1)
    private static let longest = Duration.milliseconds(50)

    private var end: ContinuousClock.Instant?

    /// Notes that a transaction ended which held the lock for so long.
    mutating func transactionEnded(after held: Duration, at now: ContinuousClock.Instant) {
        let rest = held / Self.part
        end = rest >= Self.shortest ? now + min(rest, Self.longest) : nil
    }

    /// How long the next transaction is still to wait, zero or a millisecond and more.
    func remaining(at now: ContinuousClock.Instant) -> Duration {
        guard let end, end - now >= Self.shortest else { return .zero }
        return end - now
    }
}
