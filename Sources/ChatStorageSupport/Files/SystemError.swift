#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The operating system's refusal to open, read or write a file.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The system's error number.
    package let code: CInt

    /// Wraps an error number.
    package init(_ code: CInt) {
        self.code = code
    }

    /// Whether the reader of a pipe is gone.
    package var isClosedPipe: Bool { code == EPIPE }

    /// The system's words for it, as a part of a sentence: `no such file or directory`.
    package var description: String {
        // The C locale's texts fit into this; longer ones are cut.
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count - 1) == 0 else { return "error \(code) of the system" }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
