#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#elseif canImport(Darwin)
import Darwin
#endif

/// Lines about a run in progress.
package enum Notices {
    /// Writes a line to standard error, which is not buffered until the end.
    package static func print(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Names slow checks: a value for the parameter `underWay` of ``ConformanceSuite``'s functions.
    package static func slowChecks(randomCalls: Int) -> @Sendable (Check, Duration) async -> Void {
        let notice = SlowCheckNotice(randomCalls: randomCalls)
        return { check, duration in
            if let text = notice.text(about: check, after: duration) { print(text) }
        }
    }
}
