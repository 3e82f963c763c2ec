import Foundation

/// A PostgreSQL server that a test owns: the script beside this file runs it.
///
/// It ends, and its data go, with the last reference to it, and however this process ends.
package final class PostgresServer: Sendable {
    /// How a server is made.
    package struct Options: Sendable {
        /// The server's settings, each as `name=value`.
        package var settings: [String] = []
        /// Lines of `pg_hba.conf` before those that let everybody in by the socket, and nobody by an address.
        package var accessRules: [String] = []
        /// Paths of files, such as a certificate and its key, that the server finds by their names.
        package var files: [String] = []
        /// Addresses of this machine to listen at besides the socket, such as `127.0.0.1`.
        package var addresses: [String] = []
        /// The server that this one follows as the standby with the application name `standby`.
        package var primary: PostgresServer?

        package init() {}
    }

    /// No server could be started, or it ended.
    package struct Failure: Error, CustomStringConvertible {
        package let reason: String
        /// Whether PostgreSQL's server is not installed, so that tests that own one cannot run here.
        package let isNotInstalled: Bool

        package var description: String {
            """
            no PostgreSQL server for the tests: \(reason)
            Set CHATSTORAGE_TEST_POSTGRES to the URL of a server that tests may use, or narrow the run with \
            CHATSTORAGE_TEST_BACKENDS=memory,sqlite.
            """
        }
    }

    /// How a server is stopped.
    package enum StopMode: String, Sendable {
        /// It ends its sessions, and itself in order.
        case fast = "stop fast"
        /// It ends at once and recovers at the next start.
        case immediate = "stop immediate"
        /// All of its processes are killed; it recovers at the next start.
        case kill
    }

    /// Where it answers, by its socket, as the superuser `postgres`.
    package let url: String
    /// The port of its address, and of its socket.
    package let port: UInt16
    private let script: Script

    /// Starts a server and waits until it answers.
    ///
    /// - Throws: ``Failure``.
    package init(_ options: Options = Options()) async throws {
        // Somebody else can take the port before the server does.
        for _ in 1..<(options.addresses.isEmpty ? 1 : 3) {
            do {
                (script, port, url) = try await Self.serve(options)
                return
            } catch let failure as Failure where !failure.isNotInstalled {}
        }
        (script, port, url) = try await Self.serve(options)
    }

    private static func serve(_ options: Options) async throws -> (Script, port: UInt16, url: String) {
        let port = try options.addresses.isEmpty && options.primary == nil ? 5432 : freePort()
        var arguments = ["serve", "--port", "\(port)"]
        for setting in options.settings { arguments += ["--setting", setting] }
        var rules = options.accessRules
        if !options.addresses.isEmpty {
            // initdb's own rules let everybody on this machine in as whomever, for replication too.
            rules += ["host all all all reject", "host replication all all reject"]
            arguments += ["--address", options.addresses.joined(separator: ",")]
        }
        for rule in rules { arguments += ["--rule", rule] }
        for file in options.files { arguments += ["--file", file] }
        if let primary = options.primary { arguments += ["--standby-of", primary.url] }
        let script = try Script(arguments)
        return (script, port, try await script.answer(to: nil))
    }

    /// Starts a server for a test that needs one of its own, unless this run is not about PostgreSQL.
    ///
    /// - Returns: Nil, with a reason printed, where the test is to be skipped.
    package static func ifInstalled(_ options: Options = Options()) async throws -> PostgresServer? {
        guard try TestBackends.postgres.isSelected() else { return nil }
        do {
            return try await PostgresServer(options)
        } catch let failure as Failure where failure.isNotInstalled {
            print("Skipped a test that owns a PostgreSQL server: \(failure.reason)")
            return nil
        }
    }

    /// Where it answers, by its socket, as another role.
    package func url(of role: String) -> String { "\(url)&user=\(role)" }

    /// How many sockets of this process lead to the server's own.
    package var connections: Int {
        let folder = url.split(separator: "host=").last?.split(separator: "&").first?.removingPercentEncoding ?? ""
        return (0 as Int32..<4_096).count { descriptor in
            var address = sockaddr_un()
            var length = socklen_t(MemoryLayout<sockaddr_un>.size)
            let hasPeer = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) == 0 }
            }
            guard hasPeer, address.sun_family == sa_family_t(AF_UNIX) else { return false }
            return withUnsafeBytes(of: address.sun_path) { path in
                String(decoding: path.prefix { $0 != 0 }, as: UTF8.self).hasPrefix("\(folder)/")
            }
        }
    }

    /// Ends the server.
    package func stop(_ mode: StopMode) async throws {
        _ = try await script.answer(to: mode.rawValue)
    }

    /// Starts the server again, in the same place with the same data, and waits until it answers.
    package func start() async throws {
        _ = try await script.answer(to: "start")
    }

    /// Stops all processes of the server where they are.
    package func pause() async throws {
        _ = try await script.answer(to: "pause")
    }

    /// Lets the processes go on.
    package func resume() async throws {
        _ = try await script.answer(to: "resume")
    }

    /// Makes a standby take writes, and waits until it does.
    package func promote() async throws {
        try await execute("SELECT pg_promote(true, 600)")
    }

    /// Runs SQL on a connection of its own, past the library.
    ///
    /// - Returns: The rows of the last statement, each value as PostgreSQL's text; nil is NULL.
    /// - Throws: ``TestPostgresError``.
    @discardableResult
    package func execute(_ sql: String) async throws -> [[String?]] {
        try await TestPostgresConnection.execute(sql, url: url)
    }

    /// A port that nobody has at the moment, at any address, and that systems give to no outgoing connection.
    private static func freePort() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 10_000..<32_768)
            if isFree(port) { return port }
        }
        throw Failure(reason: "no port is free", isNotInstalled: false)
    }

    private static func isFree(_ port: UInt16) -> Bool {
        #if canImport(Darwin)
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// The script that runs a server for as long as this object is there.
private final class Script: Sendable {
    /// One command is under way at a time; it blocks.
    private let queue = DispatchQueue(label: "PostgreSQL server")
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errors = Pipe()

    init(_ arguments: [String]) throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "throwaway-postgres"
        ).path
        // Another process that is started meanwhile must not hold the pipe open.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [path] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        do {
            try process.run()
        } catch {
            throw PostgresServer.Failure(reason: "bash could not be started: \(error)", isNotInstalled: false)
        }
    }

    deinit {
        try? input.fileHandleForWriting.close()
    }

    /// Sends a command, if there is one, and waits for the line that answers it.
    func answer(to command: String?) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in
                continuation.resume(
                    with: Result {
                        if let command { try input.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8)) }
                        return try readLine()
                    })
            }
        }
    }

    private func readLine() throws -> String {
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                let reason = errors.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                throw PostgresServer.Failure(
                    reason: String(decoding: reason, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines),
                    isNotInstalled: process.terminationStatus == 3)
            }
            line.append(more)
        }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }
}
