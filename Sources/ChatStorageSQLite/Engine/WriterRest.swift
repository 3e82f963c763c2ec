/// How long a writer leaves the file to other processes between two transactions.
///
/// A file's locks keep no queue: whoever asks while the file is free gets it, and a writer that has more to write frees
/// it for less than a millisecond. Where transactions are short there are enough such moments. Where a slow or busy
/// disk makes them long they are rare, and on a busy machine those that wait ask late too: so the writer then rests for
/// a twentieth of the time that it held the lock.
struct WriterRest {
    private static let part = 20
    private static let shortest = Duration.milliseconds(1)
    private static let longest = Duration.milliseconds(50)

    private var began: ContinuousClock.Instant?
    /// When the next transaction may begin; nil for at once.
    private(set) var end: ContinuousClock.Instant?

    /// Notes that a transaction has the lock.
    mutating func transactionBegan(at now: ContinuousClock.Instant) {
        began = now
    }

    /// Notes that the transaction that had the lock has given it back.
    mutating func transactionEnded(at now: ContinuousClock.Instant) {
        guard let began else { return }
        let rest = (now - began) / Self.part
        end = rest >= Self.shortest ? now + min(rest, Self.longest) : nil
        self.began = nil
    }

    /// How long the next transaction is still to wait; zero for not at all.
    func remaining(at now: ContinuousClock.Instant) -> Duration {
        max(.zero, (end ?? now) - now)
    }
}
