import ChatStorageCore

/// A call that is measured, and the last attempt at it.
///
/// It is an object, since calls are copied often, most of them without one.
final class Attempt: Sendable {
    /// The caller's meter; nil for one that carries several callers' calls.
    let meter: CallMeter?
    /// When it was sent; nil until then.
    let sentAt: ContinuousClock.Instant?
    /// Whether somebody is known to hold the lock that it needs: then all its time is a wait.
    let waitsForLock: Bool

    init(_ meter: CallMeter?, sentAt: ContinuousClock.Instant? = nil, waitsForLock: Bool = false) {
        self.meter = meter
        self.sentAt = sentAt
        self.waitsForLock = waitsForLock
    }

    /// Says to the meter of a call that shares the attempt that it has begun.
    ///
    /// A wait for a lock is said at its end: a meter would take one that the caller ends by leaving for work.
    ///
    /// - Parameter calls: How many calls share the attempt.
    func begin(_ meter: CallMeter, calls: Int) {
        if !waitsForLock, let sentAt { meter.workBegan(calls: calls, at: sentAt) }
    }

    /// Says to the meter of a call that shares the attempt that it has ended.
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

    /// Takes note that it is sent.
    mutating func noteSent(waitsForLock: Bool, at now: ContinuousClock.Instant) {
        let attempt = Attempt(attempt?.meter, sentAt: now, waitsForLock: waitsForLock)
        self.attempt = attempt
        let count = memberCount
        forEachMeter { meter, attempts in
            if attempts > 1 { meter.isRepeated() }
            attempt.begin(meter, calls: count)
        }
    }

    /// Takes note that it is no longer under way.
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
