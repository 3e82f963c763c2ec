import Foundation
import Synchronization

/// A server that the script beside this file starts, and ends when this process ends.
package enum ThrowawayPostgres {
    /// No server could be started.
    package struct StartFailure: Error, CustomStringConvertible {
        package let reason: String

        package var description: String {
            """
            no PostgreSQL server for the tests: \(reason)
            Set CHATSTORAGE_TEST_POSTGRES to the URL of a server that tests may use, or narrow the run with \
            CHATSTORAGE_TEST_BACKENDS=memory,sqlite.
            """
        }
    }

    /// Starts the script and waits for the URL that it prints.
    static func start() async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try startAndWait() })
            }
        }
    }

    /// The other ends of the scripts' standard inputs, which stay open for the life of this process.
    private static let inputs = Mutex<[Pipe]>([])

    private static func startAndWait() throws -> String {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "throwaway-postgres")
        let process = Process()
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        // Another process that is started meanwhile must not hold the pipe open.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [script.path, "serve"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        do {
            try process.run()
        } catch {
            throw StartFailure(reason: "bash could not be started: \(error)")
        }
        inputs.withLock { $0.append(input) }

        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                let reason = errors.fileHandleForReading.readDataToEndOfFile()
                throw StartFailure(
                    reason: String(decoding: reason, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
            }
            line.append(more)
        }
        return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
