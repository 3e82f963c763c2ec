import Synchronization

/// Tells calls that never wait when it is time to leave their thread to other tasks.
///
/// A task in a loop of such calls would keep its thread for ever, and handing a thread on costs more than many calls,
/// so that it is done once in a while: about every five milliseconds that a store is busy, as long as a kernel may let
/// a thread run while others wait.
public final class Pace: Sendable {
    private static let turn = Duration.milliseconds(5)
    /// Reading the clock costs as much as a short call, so it is read at one call in so many.
    private let callsPerLook: UInt

    private let calls = Atomic<UInt>(0)
    private let turnBegan = Mutex(ContinuousClock.now)

    /// Makes the pace of a store.
    ///
    /// - Parameter callsPerLook: At one call in so many the time is looked at.
    public init(callsPerLook: UInt = 64) {
        self.callsPerLook = callsPerLook
    }

    /// Whether this call is to yield.
    public func isOver() -> Bool {
        guard calls.wrappingAdd(1, ordering: .relaxed).newValue.isMultiple(of: callsPerLook) else { return false }
        let now = ContinuousClock.now
        return turnBegan.withLock { began in
            guard now - began >= Self.turn else { return false }
            began = now
            return true
        }
    }
}
