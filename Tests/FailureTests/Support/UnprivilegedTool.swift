import Foundation
import TestSupport

/// The built `chatstorage` executable, run so that the files' permissions bind it.
struct UnprivilegedTool {
    /// What a run ended with.
    struct Result {
        let status: Int32
        /// What it wrote to standard output and standard error.
        let output: String
    }

    private let command: [String]
    private let folder: TemporaryFolder

    /// Finds a way to run it; nil, with the reason printed, if there is none.
    init?() async throws {
        let executable = Executable.url(of: "chatstorage").path
        folder = try TemporaryFolder()
        // Permissions bind the superuser without these two capabilities only.
        let bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", executable]
        command = geteuid() == 0 ? bound : [executable]
        let trial = try await run("--version")
        guard trial.status == 0 else {
            print("Skipped the tests of folders that cannot be written: \(trial.output)")
            return nil
        }
    }

    /// Runs the tool to its end.
    func run(_ arguments: String...) async throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command + arguments
        process.standardInput = FileHandle.nullDevice
        let path = folder.path(of: UUID().uuidString)
        try Data().write(to: URL(fileURLWithPath: path))
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        process.standardOutput = output
        process.standardError = output
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return Result(
            status: process.terminationStatus,
            output: String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self))
    }
}
