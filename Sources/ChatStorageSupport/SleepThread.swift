#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Blocks the calling thread for a time; a signal can end it earlier.
///
/// Only for a backend's own thread, on which nothing else has to run meanwhile.
public func sleepThread(for time: Duration) {
    let (seconds, attoseconds) = time.components
    guard seconds >= 0, attoseconds >= 0 else { return }
    var length = timespec(tv_sec: .init(seconds), tv_nsec: .init(attoseconds / 1_000_000_000))
    nanosleep(&length, nil)
}
