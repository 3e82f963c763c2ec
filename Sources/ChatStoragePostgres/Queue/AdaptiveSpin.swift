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

/// A short busy wait for what has come soon before.
///
/// To wake a thread that sleeps takes tens of microseconds, which is a third of a short call to a server nearby. After
/// a wait in vain there is no other until something has come within the same time again, so calls to a server far away
/// do not spin.
final class AdaptiveSpin: Sendable {
    private let longest: Int64
    private let isWorthwhile = Atomic(true)

    /// Makes one.
    ///
    /// - Parameter nanoseconds: How long it spins at most.
    init(longest nanoseconds: Int64) {
        longest = nanoseconds
    }

    /// Waits while a condition holds, for a short time at most, and not at all if that was in vain before.
    ///
    /// - Parameter isWaiting: Whether what is waited for has not come; it is called again and again.
    func wait(while isWaiting: () -> Bool) {
        guard isWorthwhile.load(ordering: .relaxed) else { return }
        let end = MonotonicTime.now + longest
        while isWaiting() {
            guard MonotonicTime.now < end else { return isWorthwhile.store(false, ordering: .relaxed) }
            // Whoever brings it may need this processor.
            sched_yield()
        }
    }

    /// Notes how long it took until something came, whether it was waited for or not.
    func note(nanoseconds: Int64) {
        isWorthwhile.store(nanoseconds <= longest, ordering: .relaxed)
    }
}
