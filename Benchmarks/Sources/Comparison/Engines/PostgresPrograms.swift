import Foundation

/// PostgreSQL's own programs, on the server that is measured, over the same socket as the library.
struct PostgresPrograms: Sendable {
    let url: String
    /// The same server through a pooler in transaction mode.
    var pooledURL: String?
    /// A folder for scripts.
    let folder: URL

    /// Runs SQL, one statement a transaction, and returns what it prints: rows in lines, columns apart by `|`.
    @discardableResult
    func sql(_ sql: String) throws -> String {
        let script = folder.appendingPathComponent("script.sql")
        try sql.write(to: script, atomically: false, encoding: .utf8)
        return try run(
            "psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", script.path, url],
            environment: ["PGOPTIONS": "-c client_min_messages=warning"])
    }

    /// Runs a script for a whole number of seconds and returns its transactions a second.
    ///
    /// Its sessions plan as the library's do, and the first second is left out, in which they connect, prepare their
    /// statements and fill their caches, as the library has by then.
    ///
    /// - Parameter pooler: The URL of a pooler to go through, where statements have no names and sessions are as the
    ///   server makes them, for the library too.
    func pgbench(_ script: PgbenchScript, clients: Int, seconds: Int, pooler: String? = nil) throws -> Double {
        let file = folder.appendingPathComponent("pgbench.sql")
        try script.text.write(to: file, atomically: false, encoding: .utf8)
        let threads = min(clients, ProcessInfo.processInfo.activeProcessorCount)
        let variables = script.variables.flatMap { ["-D", "\($0.key)=\($0.value)"] }
        let settings = ["plan_cache_mode=force_generic_plan", "enable_seqscan=off", "enable_bitmapscan=off", "jit=off"]
        let output = try run(
            "pgbench",
            // The report of the last second may be missing, so there is one more.
            [
                "-n", "-M", pooler == nil ? "prepared" : "extended", "-P", "1", "-T", "\(seconds + 2)", "-c",
                "\(clients)", "-j", "\(threads)",
            ]
                + ["-f", file.path] + variables + [pooler ?? url],
            environment: pooler == nil ? ["PGOPTIONS": settings.map { "-c \($0)" }.joined(separator: " ")] : [:],
            outputOfErrors: true)
        // progress: 2.0 s, 1234.5 tps, lat 0.123 ms stddev 0.045, 0 failed
        let rates = output.split(separator: "\n").filter { $0.hasPrefix("progress: ") }.compactMap { line in
            line.split(separator: ", ").dropFirst().first.flatMap { Double($0.prefix { $0 != " " }) }
        }
        let measured = rates.dropFirst().prefix(seconds)
        guard measured.count == seconds else { throw Failure("pgbench reported \(rates.count) seconds") }
        return measured.reduce(0, +) / Double(seconds)
    }

    func version() throws -> String {
        try sql("SHOW server_version").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], outputOfErrors: Bool = false
    ) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        if outputOfErrors { process.standardError = output }
        try Self.withoutBlockedSignals { try process.run() }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure("\(program) ended with status \(process.terminationStatus)")
        }
        return text
    }

    /// Runs a body on a thread that blocks no signals.
    ///
    /// Libdispatch's threads block them, a process that is started from one inherits that, and pgbench ends its run by
    /// SIGALRM.
    private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }
}
