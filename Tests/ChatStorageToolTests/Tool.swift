import Foundation
import TestSupport

/// The built `chatstorage` executable, run in a folder of its own.
final class Tool: Sendable {
    /// What a run ended with.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    struct NotBuilt: Error, CustomStringConvertible {
        let path: String
        var description: String { "there is no \(path); build the product chatstorage" }
    }

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        guard FileManager.default.isExecutableFile(atPath: Self.path) else { throw NotBuilt(path: Self.path) }
    }

    /// Writes a file into the folder where the tool runs.
    func write(_ text: String, to name: String) throws {
        try write(Data(text.utf8), to: name)
    }

    func write(_ data: Data, to name: String) throws {
        try data.write(to: URL(fileURLWithPath: folder.path(of: name)))
    }

    /// Runs the tool to its end.
    func run(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws -> Result {
        try await run(arguments, input: Data(input.utf8), environment: environment)
    }

    func run(_ arguments: [String], input: Data, environment: [String: String] = [:]) async throws -> Result {
        let process = process(Self.path, arguments, environment: environment)
        let name = "\(UUID().uuidString).in"
        try write(input, to: name)
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.path(of: name)))
        return try await result(of: process)
    }

    /// Runs a shell script in which `$TOOL` is the tool.
    func shell(_ script: String) async throws -> Result {
        let process = process("/bin/bash", ["-c", script], environment: ["TOOL": Self.path])
        process.standardInput = FileHandle.nullDevice
        return try await result(of: process)
    }

    private func result(of process: Process) async throws -> Result {
        // Files, not pipes, so that neither side ever waits for the other.
        let name = UUID().uuidString
        for file in ["out", "err"] { try write("", to: "\(name).\(file)") }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path(of: "\(name).out")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path(of: "\(name).err")))
        try await process.runToEnd()
        return Result(
            status: process.terminationStatus, output: try text(of: "\(name).out"), errors: try text(of: "\(name).err"))
    }

    /// A run of the tool that is not started yet.
    func process(_ arguments: [String], environment: [String: String] = [:]) -> Process {
        process(Self.path, arguments, environment: environment)
    }

    private func process(
        _ path: String, _ arguments: [String], environment: [String: String] = [:]
    ) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        var variables = ProcessInfo.processInfo.environment
        for name in ["CHATSTORAGE_URL", "NO_COLOR"] { variables[name] = nil }
        variables["TZ"] = "UTC"
        variables["TERM"] = "xterm"
        process.environment = variables.merging(environment) { $1 }
        return process
    }

    private func text(of name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.path(of: name))), as: UTF8.self)
    }

    static let path = TestedPackage.executable("chatstorage").path

    /// The archive that comes with the tool.
    static let sample = TestedPackage.url(of: "Sources/chatstorage/Samples/chats.jsonl").path
}
