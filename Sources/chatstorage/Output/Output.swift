import ChatStorageTransfer

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The process's standard output and standard error.
enum Output {
    /// Writes to standard output.
    ///
    /// - Throws: `SystemError`, also for a pipe that nobody reads any more.
    static func write(_ text: String) async throws {
        try await FileDescriptor.standardOutput.write(Array(text.utf8))
    }

    /// Writes a line of JSON to standard output.
    static func write(_ json: JSONText) async throws {
        try await FileDescriptor.standardOutput.write(json.bytes + [UInt8(ascii: "\n")])
    }

    /// Writes to standard error, also for a task that was cancelled; if nobody listens, nobody misses it.
    static func error(_ text: String) async {
        await Task { try? await FileDescriptor.standardError.write(Array(text.utf8)) }.value
    }

    /// The width that tables are fitted to; nil, and nothing is cut, where no terminal shows them.
    static var columns: Int? {
        FileDescriptor.standardOutput.isTerminal ? FileDescriptor.standardOutput.columns : nil
    }

    /// Whether standard output shows colours (https://no-color.org).
    static var style: Style {
        let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
        let isRefused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        return Style(isEnabled: FileDescriptor.standardOutput.isTerminal && !isDumb && !isRefused)
    }
}
