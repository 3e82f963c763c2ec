import Foundation
import TestSupport

/// The executables that are built with the tests.
enum Executable {
    /// What a run ended with.
    struct Result {
        let status: Int32
        /// What it wrote to standard output and standard error.
        let output: String
    }

    /// Runs a program to its end, or to the end of this process, with which its standard input closes.
    ///
    /// - Parameters:
    ///   - command: The program's path and its arguments.
    ///   - folder: Where its output is kept.
    static func run(_ command: [String], in folder: TemporaryFolder) async throws -> Result {
        let path = folder.path(of: UUID().uuidString)
        try Data().write(to: URL(fileURLWithPath: path))
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        let input = Pipe()
        // Another process that is started meanwhile must not hold it open.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command.first ?? "")
        process.arguments = Array(command.dropFirst())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try await process.runToEnd()
        try? input.fileHandleForWriting.close()
        return Result(
            status: process.terminationStatus,
            output: String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self))
    }
}
