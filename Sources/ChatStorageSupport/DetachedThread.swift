#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// A thread of its own, for work that waits in the kernel.
///
/// On Linux, Dispatch shares its threads with Swift's tasks: if these keep every core busy, no thread is left for other
/// work.
public enum DetachedThread {
    fileprivate final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Starts a thread; false if the system has none left.
    public static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = Unmanaged.passRetained(Body(body))
        #if canImport(Darwin) || canImport(Musl)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        guard pthread_create(&thread, nil, runBody, box.toOpaque()) == 0 else {
            box.release()
            return false
        }
        #if canImport(Darwin) || canImport(Musl)
        if let thread { pthread_detach(thread) }
        #else
        pthread_detach(thread)
        #endif
        return true
    }
}

// The imported function types differ in whether the argument can be missing.
#if canImport(Darwin)
private func runBody(_ box: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<DetachedThread.Body>.fromOpaque(box).takeRetainedValue().run()
    return nil
}
#else
private func runBody(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let box { Unmanaged<DetachedThread.Body>.fromOpaque(box).takeRetainedValue().run() }
    return nil
}
#endif
