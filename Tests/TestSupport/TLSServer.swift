import Foundation

/// A PostgreSQL server with certificates of its own, which takes the user `app` from this machine, with a password.
///
/// The user owns the database `app`, and has no other rights.
package struct TLSServer: Sendable {
    /// The name in the server's certificate.
    package static let name = "db.test"
    /// A part of the password that is to be found nowhere else; every run has another.
    package static let secret = UUID().uuidString
    private static let password = "p/w@rd: \(secret)"

    package let server: PostgresServer
    /// Where the server answers too, an address that is not of the loopback interface; nil where there is none.
    package let otherAddress: String?
    private let folder: TemporaryFolder

    /// Starts a server, unless this run is not about PostgreSQL.
    ///
    /// - Returns: Nil, with a reason printed, where the test is to be skipped.
    package static func ifPossible() async throws -> TLSServer? {
        guard try TestBackends.postgres.isSelected() else { return nil }
        let folder = try TemporaryFolder()
        let (status, said) = try await run("test-certificates", [folder.path, "DNS:\(name)"])
        guard status == 0 else {
            if status == 3 {
                print("Skipped a test of TLS: \(said)")
                return nil
            }
            throw CertificateFailure(description: "no certificates: \(said)")
        }
        var options = PostgresServer.Options()
        options.files = ["server.crt", "server.key", "expired.crt", "expired.key"].map { folder.path(of: $0) }
        options.accessRules = ["host app app samehost scram-sha-256"]
        let otherAddress = MachineAddress.other
        options.addresses = ["127.0.0.1"] + (otherAddress.map { [$0] } ?? [])
        guard let server = try await PostgresServer.ifInstalled(options) else { return nil }
        let tls = TLSServer(server: server, otherAddress: otherAddress, folder: folder)
        try await tls.server.execute("CREATE ROLE app LOGIN PASSWORD '\(password)'")
        try await tls.server.execute("CREATE DATABASE app OWNER app")
        try await tls.set("ssl", to: "on")
        return tls
    }

    /// No certificates could be made.
    package struct CertificateFailure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The URL of the user `app`, by TCP.
    ///
    /// - Parameters:
    ///   - options: More of them, each beginning with `&`.
    ///   - password: Its own, another, or none.
    ///   - host: The name that the certificate is checked for.
    ///   - address: Where the server is.
    package func url(
        _ options: String = "", password: String? = password, host: String = name, address: String = "127.0.0.1"
    ) -> String {
        let word = password.flatMap { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) }
        // No other password is to be found.
        let user = word.map { "app:\($0)" } ?? "app"
        return """
            postgres://\(user)@\(host):\(server.port)/app?hostaddr=\(address)\
            &passfile=\(Self.encoded(folder.path(of: "no passwords")))\(options)
            """
    }

    /// The option that names an authority: `authority`, which signed the certificate, or `stranger`, which did not.
    package func trusting(_ authority: String) -> String {
        "&sslrootcert=\(Self.encoded(folder.path(of: "\(authority).crt")))"
    }

    /// Gives the server another setting; new connections have it when this returns.
    package func set(_ name: String, to value: String) async throws {
        try await server.execute("ALTER SYSTEM SET \(name) = '\(value)'")
        try await server.execute("SELECT pg_reload_conf()")
        while try await server.execute("SHOW \(name)") != [[value]] { try Task.checkCancellation() }
    }

    private static func encoded(_ path: String) -> String {
        path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? path
    }

    /// Runs a script that lies beside this file.
    private static func run(_ script: String, _ arguments: [String]) async throws -> (status: Int32, said: String) {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(script).path
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [path] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try await process.runToEnd()
        // It says less than a pipe holds.
        let said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
        return (process.terminationStatus, said.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}

/// The addresses of this machine.
private enum MachineAddress {
    /// An IPv4 address that is not of the loopback interface; nil where there is none.
    static var other: String? {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return nil }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, Int32(address.pointee.sa_family) == AF_INET else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            let found = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if !found.hasPrefix("127.") { return found }
        }
        return nil
    }
}
