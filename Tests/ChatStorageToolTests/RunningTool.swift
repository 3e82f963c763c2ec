import ChatStorageSupport
import Foundation

/// A run of the tool that a test talks with.
///
/// Everything waits on queues: the process and the test may wait for each other, and there are few threads for tests.
final class RunningTool {
    private let process: Process
    private let input = Pipe()
    private let output = Pipe()
    private let errors = Pipe()
    private let ended: AsyncStream<Void>

    /// Starts the tool.
    init(_ tool: Tool, _ arguments: String..., environment: [String: String] = [:]) throws {
        process = tool.process(arguments, environment: environment)
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
        self.ended = ended
        process.terminationHandler = { _ in continuation.finish() }
        try process.run()
    }

    var processID: Int32 { process.processIdentifier }

    /// Writes to the tool's standard input.
    func write(_ text: String) async throws {
        try await descriptor(input.fileHandleForWriting).write(Array(text.utf8))
    }

    /// Ends the tool's standard input.
    func closeInput() throws {
        try input.fileHandleForWriting.close()
    }

    /// Reads what the tool writes to its standard output, up to a newline.
    func readLine() async throws -> String {
        var bytes: [UInt8] = []
        while bytes.last != UInt8(ascii: "\n") {
            let chunk = try await descriptor(output.fileHandleForReading).read()
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Waits for the end of the process and takes what it has written and nobody has read.
    func end() async throws -> Tool.Result {
        for await _ in ended {}
        let said = try await text(output)
        return Tool.Result(
            status: process.terminationReason == .exit ? process.terminationStatus : -1, output: said,
            errors: try await text(errors))
    }

    private func text(_ pipe: Pipe) async throws -> String {
        var bytes: [UInt8] = []
        while true {
            let chunk = try await descriptor(pipe.fileHandleForReading).read()
            if chunk.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk
        }
    }

    private func descriptor(_ handle: FileHandle) -> FileDescriptor {
        FileDescriptor(handle.fileDescriptor, isOwned: false)
    }
}
