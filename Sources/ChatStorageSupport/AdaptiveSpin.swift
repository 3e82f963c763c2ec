import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The short busy wait of a caller whose call is the only one under way, used while recent calls took no longer.
///
/// To wake a sleeping thread takes tens of microseconds: about a third of a short call to a nearby server, and a sixth
/// of a commit on a fast disk. A wait in vain turns spinning off, until a call is that quick again. So callers of a
/// distant server, or of a slow disk, do not spin.
public final class AdaptiveSpin: Sendable {
    /// How a caller has waited.
    public enum Wait: Sendable {
        case spun
        /// It did not spin, and began to wait at this time in nanoseconds.
        case began(Int64)
    }

    /// About how long it takes to wake a thread, in nanoseconds; a wait without spinning includes it.
    package static let wakeTime: Int64 = 50_000

    private let longest: Int64
    private let isWorthwhile = Atomic(true)
    /// Lets other tasks run: a caller that spins does not suspend.
    private let yieldPolicy = YieldPolicy(callsPerLook: 4)

    /// Makes one.
    ///
    /// - Parameter nanoseconds: How long it spins at most.
    public init(longest nanoseconds: Int64) {
        longest = nanoseconds
    }

    /// Spins while a condition holds, up to the limit; returns at once while spinning is off.
    ///
    /// - Parameter isWaiting: Whether what is waited for has not come; it is called again and again.
    /// - Returns: What to give to ``ended(_:)``.
    public func wait(while isWaiting: () -> Bool) -> Wait {
        guard isWorthwhile.load(ordering: .relaxed) else { return .began(MonotonicTime.now) }
        let end = MonotonicTime.now + longest
        while isWaiting() {
            guard MonotonicTime.now < end else {
                isWorthwhile.store(false, ordering: .relaxed)
                break
            }
            // The thread that brings it may need this processor.
            sched_yield()
        }
        return .spun
    }

    /// Notes that what a caller waited for has come.
    public func ended(_ wait: Wait) async {
        switch wait {
        case .spun: if yieldPolicy.isDue() { await Task.yield() }
        case .began(let time): note(nanoseconds: MonotonicTime.now - time)
        }
    }

    /// Notes how long a wait without spinning took, including the time to wake the thread.
    package func note(nanoseconds: Int64) {
        if nanoseconds <= longest + Self.wakeTime { isWorthwhile.store(true, ordering: .relaxed) }
    }
}
