import ChatStorageSupport
import Foundation

@testable import FailureWriter

/// A process that appends to a store until it is killed.
final class WriterProcess {
    /// What the writer said instead of an acknowledgement.
    struct Complaint: Error, CustomStringConvertible {
        let description: String
    }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let reader: FileDescriptor
    private let ended: AsyncStream<Void>
    private var unread: [UInt8] = []
    /// The appends that it announced and had not acknowledged so far, by their names.
    private(set) var unacknowledged: [String: Announcement] = [:]

    /// Starts the writer; it ends with this process, whose end of its standard input then closes.
    ///
    /// - Parameters:
    ///   - repeating: Appends of writers before that it makes again first.
    ///   - syncDelay: How many milliseconds its disk takes for each sync, beyond what it takes anyway.
    init(
        _ store: TestedStore, run: String, seed: UInt64, repeating announcements: [Announcement] = [],
        syncDelay: Int = 0
    ) throws {
        process.executableURL = Executable.url(of: "FailureWriter")
        process.arguments = [store.url, store.setting, run, "\(seed)"] + announcements.map(\.line)
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
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }

    /// Kills the writer, as nothing can be caught, and waits for its end.
    ///
    /// - Returns: What it had acknowledged and nobody has read.
    func kill() async throws -> [Acknowledgement] {
        Foundation.kill(process.processIdentifier, SIGKILL)
        var rest: [Acknowledgement] = []
        while let acknowledgement = try await next() { rest.append(acknowledgement) }
        for await _ in ended {}
        // Foundation keeps a process that has ended, and with it both pipes.
        try? input.fileHandleForWriting.close()
        try? output.fileHandleForReading.close()
        return rest
    }

    /// Stops the writer where it is, with the locks that it has.
    func stop() {
        Foundation.kill(process.processIdentifier, SIGSTOP)
    }

    /// Lets a writer that was stopped go on.
    func resume() {
        Foundation.kill(process.processIdentifier, SIGCONT)
    }

    /// Waits for the next append that was acknowledged; nil once the process has ended.
    ///
    /// - Throws: ``Complaint`` when an append failed.
    func next() async throws -> Acknowledgement? {
        while true {
            if let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<newline], as: UTF8.self)
                unread.removeSubrange(...newline)
                if let announcement = Announcement(line: line) {
                    unacknowledged[announcement.batch.name] = announcement
                    continue
                }
                guard let acknowledgement = Acknowledgement(line: line) else { throw Complaint(description: line) }
                unacknowledged[acknowledgement.batch.name] = nil
                return acknowledgement
            }
            let chunk = try await reader.read()
            if chunk.isEmpty { return nil }
            unread += chunk
        }
    }
}
