import ChatStorageSupport
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

/// A short busy wait, used while recent answers came quickly.
///
/// To wake a sleeping thread takes tens of microseconds, about a third of a short call to a nearby server. A spin that
/// ends without an answer turns spinning off, until an answer comes that quickly again. So calls to a distant server do
/// not spin.
final class AdaptiveSpin: Sendable {
    /// About how long it takes to wake a thread, in nanoseconds; a wait without spinning includes it.
    static let wakeTime: Int64 = 50_000

    private let longest: Int64
    private let isWorthwhile = Atomic(true)

    /// Makes one.
    ///
    /// - Parameter nanoseconds: How long it spins at most.
    init(longest nanoseconds: Int64) {
        longest = nanoseconds
    }

    /// Spins while a condition holds, up to the limit; returns at once while spinning is off.
    ///
    /// - Parameter isWaiting: Whether what is waited for has not come; it is called again and again.
    /// - Returns: Whether it has spun.
    func wait(while isWaiting: () -> Bool) -> Bool {
        guard isWorthwhile.load(ordering: .relaxed) else { return false }
        let end = MonotonicTime.now + longest
        while isWaiting() {
            guard MonotonicTime.now < end else {
                isWorthwhile.store(false, ordering: .relaxed)
                return true
            }
            // The thread that brings it may need this processor.
            sched_yield()
        }
        return true
    }

    /// Notes how long a wait without spinning took, including the time to wake the thread.
    func note(nanoseconds: Int64) {
        if nanoseconds <= longest + Self.wakeTime { isWorthwhile.store(true, ordering: .relaxed) }
    }
}
