import ChatStorageSupport
import Foundation
import TestSupport

@testable import FailureWriter

/// A process of the writers' program, which says lines until it ends or is killed.
final class LineProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let reader: FileDescriptor
    private let ended: AsyncStream<Void>
    private var unread: [UInt8] = []

    /// Starts the process; it ends with this one, whose end of its standard input then closes.
    ///
    /// - Parameter syncDelay: How many milliseconds its disk takes for each sync, beyond what it takes anyway.
    init(_ arguments: [String], syncDelay: Int = 0) throws {
        process.executableURL = TestedPackage.executable("FailureWriter")
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment[FailureWriter.syncDelay] = "\(syncDelay)"
        process.environment = environment
        process.standardInput = input
        process.standardOutput = output
        // Another process that is started meanwhile must not hold the pipes open.
        for end in [input.fileHandleForWriting, output.fileHandleForReading, output.fileHandleForWriting] {
            _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        reader = FileDescriptor(output.fileHandleForReading.fileDescriptor, isOwned: false)
        let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
        self.ended = ended
        process.terminationHandler = { _ in continuation.finish() }
        try process.run()
        // This process's own copy would keep the pipe from ending.
        try? output.fileHandleForWriting.close()
    }

    deinit {
        // A test that failed may have left it stopped, and so deaf to the end of its input.
        if process.isRunning { signal(SIGKILL) }
    }

    func signal(_ signal: Int32) { Foundation.kill(process.processIdentifier, signal) }

    /// Kills the process by a signal that it cannot catch, and waits for its end.
    ///
    /// - Returns: The lines that it had said and nobody has read.
    func kill() async throws -> [String] {
        signal(SIGKILL)
        return try await rest()
    }

    /// Waits for the end of the process.
    ///
    /// - Returns: The lines that nobody has read.
    func rest() async throws -> [String] {
        var rest: [String] = []
        while let line = try await next() { rest.append(line) }
        for await _ in ended {}
        // Foundation keeps a process that has ended, and with it both pipes.
        try? input.fileHandleForWriting.close()
        try? output.fileHandleForReading.close()
        return rest
    }

    /// Waits for the next line; nil once the process has ended.
    func next() async throws -> String? {
        while true {
            if let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<newline], as: UTF8.self)
                unread.removeSubrange(...newline)
                return line
            }
            let chunk = try await reader.read()
            if chunk.isEmpty { return nil }
            unread += chunk
        }
    }
}
