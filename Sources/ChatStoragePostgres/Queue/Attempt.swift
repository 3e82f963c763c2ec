import ChatStorageCore

/// A call that is measured, and the last attempt at it.
///
/// It is an object, since calls are copied often, and most have no attempt.
final class Attempt: Sendable {
    /// The caller's meter; nil for one that carries several callers' calls.
    let meter: CallMeter?
    /// When it was sent; nil until then.
    let sentAt: ContinuousClock.Instant?
    /// Whether somebody is known to hold the lock that it needs: then all its time counts as a wait.
    let waitsForLock: Bool

    init(_ meter: CallMeter?, sentAt: ContinuousClock.Instant? = nil, waitsForLock: Bool = false) {
        self.meter = meter
        self.sentAt = sentAt
        self.waitsForLock = waitsForLock
    }

    /// Tells the meter of a call in the attempt that the attempt has begun.
    ///
    /// A wait for a lock is reported at its end: if the caller leaves before, the meter counts the time as work.
    ///
    /// - Parameter calls: How many calls share the attempt.
    func begin(_ meter: CallMeter, calls: Int) {
        if !waitsForLock, let sentAt { meter.workBegan(calls: calls, at: sentAt) }
    }

    /// Tells the meter of a call in the attempt that the attempt has ended.
    ///
    /// - Parameter lockTimeout: The lock timeout, if the server ended the attempt by that.
    func end(_ meter: CallMeter, lockTimeout: Duration? = nil, at now: ContinuousClock.Instant) {
        guard let sentAt else { return }
        let elapsed = now - sentAt
        if waitsForLock {
            meter.workBegan(at: sentAt)
            meter.workEnded(lockWait: elapsed, at: now)
        } else {
            meter.workEnded(lockWait: lockTimeout.map { min($0, elapsed) } ?? .zero, at: now)
        }
    }
}

extension Call {
    /// How many callers' calls it carries.
    var memberCount: Int {
        if case .merged(let calls, _) = purpose { calls.count } else { 1 }
    }

    /// Notes that it is sent.
    mutating func noteSent(waitsForLock: Bool, at now: ContinuousClock.Instant) {
        let attempt = Attempt(attempt?.meter, sentAt: now, waitsForLock: waitsForLock)
        self.attempt = attempt
        let count = memberCount
        forEachMeter { meter, attempts in
            if attempts > 1 { meter.isRepeated() }
            attempt.begin(meter, calls: count)
        }
    }

    /// Notes that it is no longer under way.
    ///
    /// - Parameter lockTimeout: The lock timeout, if the server ended it by that.
    func noteEnded(lockTimeout: Duration? = nil, at now: ContinuousClock.Instant) {
        guard let attempt else { return }
        forEachMeter { meter, _ in attempt.end(meter, lockTimeout: lockTimeout, at: now) }
    }

    private func forEachMeter(_ body: (_ meter: CallMeter, _ attempts: Int) -> Void) {
        if case .merged(let calls, _) = purpose {
            for call in calls { if let meter = call.attempt?.meter { body(meter, call.attempts) } }
        } else if let meter = attempt?.meter {
            body(meter, attempts)
        }
    }
}
