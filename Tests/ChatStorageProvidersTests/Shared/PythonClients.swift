import Foundation
import TestSupport
import Testing

/// The providers' own Python clients, which `install-packages --clients` puts into a folder of the package.
enum PythonClients {
    private static let folder = TestedPackage.url(of: ".build-clients")

    static var areThere: Bool {
        FileManager.default.isReadableFile(atPath: folder.appendingPathComponent("installed").path)
    }

    static let missing = "the Python clients are not installed: run .scripts/install-packages --clients"

    /// A question to a client, see `check_clients.py`.
    struct Case: Codable {
        let api: String
        let kind: String
        let json: String

        init(_ api: String, _ kind: String, _ json: Data) {
            self.api = api
            self.kind = kind
            self.json = String(decoding: json, as: UTF8.self)
        }
    }

    /// What a client says.
    struct Answer: Codable {
        let ok: Bool
        /// Why a case failed.
        var error: String?
        /// The message that the client made, as JSON.
        var message: String?
        /// The request that the client sent, as JSON.
        var body: String?
    }

    /// Asks the clients.
    static func check(_ cases: [Case]) async throws -> [Answer] {
        let temporary = try TemporaryFolder()
        let path = temporary.path(of: "cases")
        let lines = try cases.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) + "\n" }
        try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: path))
        try await session.answer(path)
        let answers = try Data(contentsOf: URL(fileURLWithPath: path + ".answers")).split(separator: UInt8(ascii: "\n"))
        #expect(answers.count == cases.count)
        return try answers.map { try JSONDecoder().decode(Answer.self, from: $0) }
    }

    private static let session = Session()

    /// One process for all tests, as the clients take seconds to start. It ends with this one, when its input does.
    private actor Session {
        private struct Ended: Error {}

        private var input: FileHandle?
        private var waiting: [String: CheckedContinuation<Void, any Error>] = [:]

        /// Waits until a file of cases has its answers.
        func answer(_ path: String) async throws {
            let input = try input ?? start()
            try await withCheckedThrowingContinuation { continuation in
                waiting[path] = continuation
                // A client's process that died must fail the test, and not end its process.
                let former = signal(SIGPIPE, SIG_IGN)
                defer { signal(SIGPIPE, former) }
                do {
                    try input.write(contentsOf: Data((path + "\n").utf8))
                } catch {
                    waiting.removeValue(forKey: path)?.resume(throwing: error)
                }
            }
        }

        private func start() throws -> FileHandle {
            let process = Process()
            let (input, output) = (Pipe(), Pipe())
            process.executableURL = folder.appendingPathComponent("bin/python")
            // -B: no compiled files beside the script.
            process.arguments = [
                "-B", TestedPackage.url(of: "Tests/ChatStorageProvidersTests/Clients/check_clients.py").path,
            ]
            process.standardInput = input
            process.standardOutput = output
            let (answered, continuation) = AsyncStream.makeStream(of: Data.self)
            output.fileHandleForReading.readabilityHandler = { handle in
                let data = handle.availableData
                if data.isEmpty {
                    handle.readabilityHandler = nil
                    continuation.finish()
                } else {
                    continuation.yield(data)
                }
            }
            try process.run()
            self.input = input.fileHandleForWriting
            Task {
                var rest = Data()
                for await data in answered {
                    rest += data
                    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        resume(String(decoding: rest[..<end], as: UTF8.self))
                        rest = Data(rest[(end + 1)...])
                    }
                }
                end()
            }
            return input.fileHandleForWriting
        }

        private func resume(_ path: String) {
            waiting.removeValue(forKey: path)?.resume()
        }

        private func end() {
            for continuation in waiting.values { continuation.resume(throwing: Ended()) }
            (waiting, input) = ([:], nil)
        }
    }
}
