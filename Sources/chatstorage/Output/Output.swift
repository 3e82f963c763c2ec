import ChatStorageJSON
import ChatStorageSupport

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
    /// - Throws: `SystemError`, also for a pipe whose reader is gone.
    static func write(_ text: String) async throws {
        try await write(Array(text.utf8))
    }

    /// Writes a line of JSON to standard output.
    static func write(_ json: JSONOutput) async throws {
        try await write(json.bytes + [UInt8(ascii: "\n")])
    }

    /// The note under a list that its limit has cut.
    static let more = "There are more; --limit shows them."

    /// Writes a list as a line of JSON; if it was cut, standard error says so.
    static func write(_ list: JSONOutput, hasMore: Bool) async throws {
        try await write(list)
        if hasMore { await error("\(more)\n") }
    }

    /// Writes bytes to standard output.
    static func writeBytes(_ bytes: [UInt8]) async throws { try await write(bytes) }

    private static func write(_ bytes: [UInt8]) async throws {
        try requireOutput()
        try await FileDescriptor.standardOutput.write(bytes)
    }

    /// Refuses to go on if the answer cannot be written.
    static func requireOutput() throws {
        guard StandardStreams.hasOutput else { throw Failure("standard output is closed") }
    }

    /// Says what a command has done to a store.
    ///
    /// A closed standard output is no failure.
    static func confirm(_ text: String) async throws {
        try await confirm(Array(text.utf8))
    }

    /// The same as a line of JSON.
    static func confirm(_ json: JSONOutput) async throws {
        try await confirm(json.bytes + [UInt8(ascii: "\n")])
    }

    private static func confirm(_ bytes: [UInt8]) async throws {
        guard StandardStreams.hasOutput else { return }
        do {
            try await FileDescriptor.standardOutput.write(bytes)
        } catch let error as SystemError where !error.isClosedPipe {
            throw Failure("it is done, but standard output cannot be written: \(error)")
        }
    }

    /// Writes to standard error, also for a task that was cancelled; a closed one is ignored.
    static func error(_ text: String) async {
        await Task { try? await FileDescriptor.standardError.write(Array(text.utf8)) }.value
    }

    /// The width that tables are fitted to; nil, and nothing is cut, if there is no terminal.
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
