/// How long a writer leaves the file to other processes between two transactions.
///
/// A file's locks keep no queue: they go to the first process that asks while the file is free, and a writer with more
/// to write frees it for less than a millisecond. Short transactions leave enough such moments. On a slow or busy disk
/// transactions are long, so such moments are rare, and on a busy machine waiting processes ask late. So after a long
/// transaction the writer rests, for a twentieth of the time that it held the lock.
struct WriterRest {
    private static let part = 20
    private static let shortest = Duration.milliseconds(1)
    private static let longest = Duration.milliseconds(50)

    private var began: ContinuousClock.Instant?
    /// When the next transaction may begin; nil for at once.
    private(set) var end: ContinuousClock.Instant?

    /// Notes that a transaction got the lock.
    mutating func transactionBegan(at now: ContinuousClock.Instant) {
        began = now
    }

    /// Notes that the transaction released the lock.
    mutating func transactionEnded(at now: ContinuousClock.Instant) {
        guard let began else { return }
        let rest = (now - began) / Self.part
        end = rest >= Self.shortest ? now + min(rest, Self.longest) : nil
        self.began = nil
    }

    /// How long the next transaction must still wait; zero for not at all.
    func remaining(at now: ContinuousClock.Instant) -> Duration {
        max(.zero, (end ?? now) - now)
    }
}
