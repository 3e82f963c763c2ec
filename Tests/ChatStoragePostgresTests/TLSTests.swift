import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

#if canImport(Glibc)
import Glibc
#endif

/// Encrypted connections: which servers are trusted, and that a password goes to no other.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TLSTests {
    /// One server for all tests; it ends with this process.
    private static let shared = Task { try await TLSServer.ifPossible() }

    @Test func theServerOfTheNameIsTaken() async throws {
        guard let tls = try await Self.shared.value else { return }
        let options = "&sslmode=verify-full\(tls.trusting("authority"))"
        try await Self.expectUse(of: tls.url(options), on: tls, isEncrypted: true)
        try await Self.expectUse(of: tls.url("\(options)&channel_binding=require"), on: tls, isEncrypted: true)
    }

    @Test func aServerThatCannotProveItsNameIsRefused() async throws {
        guard let tls = try await Self.shared.value else { return }
        let trusted = tls.trusting("authority")
        for mode in ["verify-full", "verify-ca"] {
            await Self.expectRefusal(
                "certificate verify failed", tls.url("&sslmode=\(mode)\(tls.trusting("stranger"))"))
        }
        await Self.expectRefusal("does not match", tls.url("&sslmode=verify-full\(trusted)", host: "other.test"))
        await Self.expectRefusal("does not exist", tls.url("&sslmode=verify-full\(tls.trusting("nobody"))"))
        // A certificate of the authority, for whomever, is enough for this one.
        try await Self.expectUse(
            of: tls.url("&sslmode=verify-ca\(trusted)", host: "other.test"), on: tls, isEncrypted: true)
    }

    @Test func anExpiredCertificateIsRefused() async throws {
        guard let tls = try await Self.shared.value else { return }
        try await tls.set("ssl_key_file", to: "expired.key")
        try await tls.set("ssl_cert_file", to: "expired.crt")
        let url = tls.url("&sslmode=verify-full\(tls.trusting("authority"))")
        let backend = try await PostgresBackend(url: url)
        await Self.expectRefusal("certificate verify failed", by: backend)
        // A new certificate is all that it takes.
        try await tls.set("ssl_key_file", to: "server.key")
        try await tls.set("ssl_cert_file", to: "server.crt")
        try await waitUntil {
            do {
                try await backend.prepare()
                return true
            } catch let error as ChatStorageError where error.code == .unavailable {
                return false
            }
        }
        try await backend.close()
    }

    /// What the library chooses where neither the URL nor the configuration says it.
    @Test func anotherMachineIsVerifiedByDefault() async throws {
        guard let tls = try await Self.shared.value else { return }
        guard let address = tls.otherAddress else {
            print("Skipped a test of TLS to another machine: this one has no address but the loopback's")
            return
        }
        let trusted = tls.trusting("authority")
        try await Self.expectUse(of: tls.url(trusted, address: address), on: tls, isEncrypted: true)
        await Self.expectRefusal("does not match", tls.url(trusted, host: "other.test", address: address))
        // The system's authorities did not sign it, or there are none.
        await Self.expectRefusal("certificate", tls.url(address: address))
        // Whoever wants less says so, in the URL or in the configuration.
        for mode in ["require", "prefer"] {
            try await Self.expectUse(of: tls.url("&sslmode=\(mode)", address: address), on: tls, isEncrypted: true)
        }
        try await Self.expectUse(of: tls.url("&sslmode=disable", address: address), on: tls, isEncrypted: false)
        try await Self.expectUse(of: tls.url(address: address), on: tls, isEncrypted: false) { $0.tls = .disable }
        try await Self.expectUse(of: tls.url(), on: tls, isEncrypted: true) {
            $0.url += trusted
            $0.tls = .verifyFull
        }

        try await tls.set("ssl", to: "off")
        await Self.expectRefusal("does not support SSL", tls.url(trusted, address: address))
        try await tls.set("ssl", to: "on")
    }

    @Test func aWrongPasswordIsDenied() async throws {
        guard let tls = try await Self.shared.value else { return }
        let options = "&sslmode=verify-full\(tls.trusting("authority"))"
        let none = try await PostgresBackend(url: tls.url(options, password: nil))
        await expectError(.accessDenied) { try await none.prepare() }
        try await none.close()
        let wrong = try await PostgresBackend(url: tls.url(options, password: "wrong4711"))
        await expectError(.accessDenied, without: "wrong4711") { try await wrong.prepare() }
        try await wrong.close()
    }

    /// Answers come in many records; libpq may hold bytes of them that the network does not report any more.
    @Test func answersOfAllSizesArriveWhole() async throws {
        guard let tls = try await Self.shared.value else { return }
        var configuration = PostgresBackend.Configuration(
            url: tls.url("&sslmode=verify-full\(tls.trusting("authority"))"))
        configuration.connections = 2
        configuration.schema = "sizes"
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Around the size of a record (16 KiB) and of libpq's buffer, and of several of them.
            for size in [1, 8_000, 16_300, 16_384, 16_500, 32_000, 40_000, 65_000, 200_000, 3_000_000] {
                group.addTask {
                    let id = ConversationID("\(size)")
                    for number in 1...8 {
                        try await backend.append(.user(String(repeating: "\(number)", count: size)), to: id)
                    }
                    for limit in 1...8 {
                        let read = try await backend.messages(of: id, .end, limit: limit)
                        #expect(read.map(\.content.utf8.count) == Array(repeating: size, count: limit))
                        #expect(read.last?.content.last == "8")
                    }
                }
            }
            try await group.waitForAll()
        }
        try await backend.close()
    }

    #if canImport(Glibc)
    @Test func theSystemHasTheTimesForADroppedPath() async throws {
        guard let tls = try await Self.shared.value else { return }
        let configuration = PostgresBackend.Configuration(url: tls.url("&sslmode=require"))
        let connector = Connector(configuration, stopPipe: try #require(WakePipe()))
        let connection = try connector.connect().get()
        func value(_ level: Int32, _ option: Int32) -> Int32? {
            var (value, length): (Int32, socklen_t) = (-1, 4)
            return getsockopt(connection.descriptor, level, option, &value, &length) == 0 ? value : nil
        }
        #expect(value(SOL_SOCKET, SO_KEEPALIVE) == 1)
        #expect(value(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT) == 10_000)
        #expect(value(Int32(IPPROTO_TCP), TCP_KEEPIDLE) == 5)
        #expect(value(Int32(IPPROTO_TCP), TCP_KEEPINTVL) == 1)
        #expect(value(Int32(IPPROTO_TCP), TCP_KEEPCNT) == 3)
    }
    #endif

    /// Expects that a store is made and used, and that all of its sessions are as encrypted as they should be.
    private static func expectUse(
        of url: String, on tls: TLSServer, isEncrypted: Bool, sourceLocation: SourceLocation = #_sourceLocation,
        _ adjust: (inout PostgresBackend.Configuration) -> Void = { _ in }
    ) async throws {
        var configuration = PostgresBackend.Configuration(url: url)
        adjust(&configuration)
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        let stored = try await backend.append(.user("x"), to: "c")
        #expect(try await backend.messages(of: "c").last == stored, sourceLocation: sourceLocation)
        let sessions = try await tls.server.execute(
            """
            SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
            WHERE usename = 'app' AND backend_type = 'client backend'
            """)
        #expect(sessions == [[isEncrypted ? "t" : "f"]], sourceLocation: sourceLocation)
        try await backend.close()
        // The next test looks at its own sessions alone.
        try await waitUntil {
            try await tls.server.execute("SELECT 1 FROM pg_stat_activity WHERE usename = 'app'").isEmpty
        }
    }

    private static func expectRefusal(
        _ reason: String, _ url: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        do {
            let backend = try await PostgresBackend(url: url)
            await expectRefusal(reason, by: backend, sourceLocation: sourceLocation)
            try await backend.close()
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }

    private static func expectRefusal(
        _ reason: String, by backend: PostgresBackend, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let error = await #expect(throws: ChatStorageError.self, sourceLocation: sourceLocation) {
            try await backend.append(.user("x"), to: "c")
        }
        #expect(error?.code == .unavailable && error?.writeOutcome == .notApplied, sourceLocation: sourceLocation)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        #expect(error.map { "\($0)".contains(TLSServer.secret) } == false, sourceLocation: sourceLocation)
    }
}
