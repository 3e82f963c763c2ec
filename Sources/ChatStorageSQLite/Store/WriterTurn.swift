/// When a writer that never rests is to leave the file to other processes for a moment.
///
/// SQLite's locks keep no queue: who asks while the file is free gets it. A writer whose next transaction begins right
/// after the last one leaves hardly a moment for that, least of all on a slow disk, so once in a while it makes one: long
/// enough for every ``LockWait`` to ask, and rare enough to cost about a hundredth.
struct WriterTurn {
    private static let length = Duration.milliseconds(100)

    private var began: ContinuousClock.Instant
    private var lastEnd: ContinuousClock.Instant

    /// Makes a turn that begins now.
    init(at now: ContinuousClock.Instant) {
        began = now
        lastEnd = now
    }

    /// Tells whether a transaction that is to begin now is to wait for ``LockWait/interval`` before.
    mutating func isOver(at now: ContinuousClock.Instant) -> Bool {
        if now - lastEnd >= LockWait.interval {
            // It rested by itself.
            began = now
            return false
        }
        guard now - began >= Self.length else { return false }
        began = now
        return true
    }

    /// Tells that a transaction ended.
    mutating func transactionEnded(at now: ContinuousClock.Instant) {
        lastEnd = now
    }
}
