import Synchronization

/// Decides when calls that never wait yield their thread to other tasks.
///
/// A task in a loop of such calls would keep its thread for ever. Yielding costs more than many calls, so a busy store
/// yields about every five milliseconds, which is about a kernel's time slice when other threads wait.
public final class YieldPolicy: Sendable {
    private static let turn = Duration.milliseconds(5)
    private let callsPerLook: UInt

    private let calls = Atomic<UInt>(0)
    private let turnBegan = Mutex(ContinuousClock.now)

    /// Makes the policy of a store.
    ///
    /// - Parameter callsPerLook: One call in this many checks the clock, which costs as much as a short call.
    public init(callsPerLook: UInt = 64) {
        self.callsPerLook = callsPerLook
    }

    /// Whether this call must yield.
    public func isDue() -> Bool {
        guard calls.wrappingAdd(1, ordering: .relaxed).newValue.isMultiple(of: callsPerLook) else { return false }
        let now = ContinuousClock.now
        return turnBegan.withLock { began in
            guard now - began >= Self.turn else { return false }
            began = now
            return true
        }
    }
}
