import Dispatch
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

/// SIGINT, SIGTERM and SIGHUP as a request to stop in good order; a second one ends the process at once.
///
/// Signals that the process ignored from its start stay ignored, such as SIGHUP under `nohup`.
final class Interruption {
    private final class Counter: Sendable {
        /// The first signal that came.
        let first = Mutex<CInt?>(nil)
    }

    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    private let counter = Counter()
    private var sources: [CInt: any DispatchSourceSignal] = [:]

    /// Calls the closure at the first signal, from a thread of its own.
    init(_ stop: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "chatstorage.interruption")
        for number in Self.signals {
            // The default action would end the process before the source hears of the signal.
            guard !Self.ignore(number) else { continue }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [counter] in
                let isFirst = counter.first.withLock { first in
                    defer { first = first ?? number }
                    return first == nil
                }
                if isFirst { stop() } else { _exit(Self.status(of: number)) }
            }
            source.activate()
            sources[number] = source
        }
    }

    /// Whether a signal came.
    var happened: Bool { counter.first.withLock { $0 != nil } }

    /// The exit status of a command that the first signal ended.
    var status: CInt { Self.status(of: counter.first.withLock(\.self) ?? SIGINT) }

    /// As shells report it.
    private static func status(of signal: CInt) -> CInt { 128 + signal }

    /// Gives the signals their default actions again.
    func end() {
        for (number, source) in sources {
            source.cancel()
            signal(number, SIG_DFL)
        }
    }

    /// Makes the process ignore a signal, and says whether it did so before.
    private static func ignore(_ number: CInt) -> Bool {
        // Both are the addresses of C functions, or small numbers in their place, which Swift does not compare.
        let before = unsafeBitCast(signal(number, SIG_IGN), to: Int.self)
        return before == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
