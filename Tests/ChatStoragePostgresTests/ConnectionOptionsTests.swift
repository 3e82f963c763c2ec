import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// What is given to libpq beside the URL.
@Suite struct ConnectionOptionsTests {
    @Test(arguments: [
        "postgres://u@/db?host=%2Ftmp%2Fx", "postgres://localhost/db", "postgres://127.3.2.1/db", "postgres://[::1]/db",
        "host=@abstract dbname=db", "postgres://db.example.com/db?sslmode=prefer", "postgres://db/x?sslmode=disable",
        "postgres://localhost,127.0.0.1/db", "host=db.example.com hostaddr=127.0.0.1",
    ])
    func aLocalHostAndAChosenModeAreLeftAlone(url: String) {
        #expect(mode(url) == nil)
    }

    @Test(arguments: [
        "postgres://db.example.com/db", "postgres://10.0.0.1/db", "postgres://localhost,db.example.com/db",
        "postgres://127.0.0.1.example.com/db", "host=localhost hostaddr=10.0.0.1",
    ])
    func aHostElsewhereIsVerified(url: String) {
        #expect(mode(url) == "verify-full")
    }

    @Test func noDumpShowsTheURL() {
        var text = ""
        dump(PostgresBackend.Configuration(url: "postgres://user:hunter2@db/x"), to: &text)
        #expect(text.contains("connections: 8") && !text.contains("hunter2"))
    }

    @Test func bytesOfNoCallAreRefused() async {
        var configuration = PostgresBackend.Configuration(url: "postgres://localhost/db")
        configuration.bytesPerConnection = 0
        await expectError(.invalidArgument) { [configuration] in try await PostgresBackend(configuration) }
    }

    @Test func theConfigurationDecides() {
        var configuration = PostgresBackend.Configuration(url: "postgres://db.example.com/db?sslmode=prefer")
        configuration.tls = .disable
        let modes = ConnectionOptions(configuration).list.filter { $0.keyword == "sslmode" }.map(\.value)
        #expect(modes == ["disable"])
    }

    @Test func certificatesAreTheSystemsUnlessOthersAreGiven() {
        func certificates(_ url: String, files: Set<String>) -> String? {
            TLSDefaults(
                EffectiveOptions([("dbname", url)]), urlOptions: EffectiveOptions(parsing: url),
                environment: ["HOME": "/home/user"], hasFile: files.contains
            ).rootCertificates
        }
        let bundle = TLSDefaults.bundles[1]
        #expect(certificates("postgres://db.example.com/db", files: [bundle]) == bundle)
        #expect(certificates("postgres://db.example.com/db?sslmode=verify-full", files: [bundle]) == bundle)
        #expect(certificates("postgres://db.example.com/db?sslrootcert=/x", files: [bundle]) == nil)
        #expect(
            certificates("postgres://db.example.com/db", files: [bundle, "/home/user/.postgresql/root.crt"]) == nil)
        // Any public certificate would pass a check of the authority alone.
        #expect(certificates("postgres://db.example.com/db?sslmode=verify-ca", files: [bundle]) == nil)
        #expect(certificates("postgres://localhost/db", files: [bundle]) == nil)
    }

    @Test func theEnvironmentsModeIsKept() {
        let url = "postgres://db.example.com/db"
        let defaults = TLSDefaults(
            EffectiveOptions([("dbname", url)]), urlOptions: EffectiveOptions(parsing: url),
            environment: ["PGSSLMODE": "prefer"], hasFile: { _ in false })
        #expect(defaults.mode == nil)
    }

    @Test(arguments: [
        "postgres://user:hunter2@[bad/db", "hunter2", "postgres://u:hunter2@h/db?nonsense=1", "postgres://h/%0hunter2",
    ])
    func aURLThatCannotBeReadIsRefusedUnquoted(url: String) async {
        await expectError(.invalidArgument, without: "hunter2") { try await PostgresBackend(url: url) }
    }

    @Test(arguments: [
        ("postgres://localhost/db?sslmode=word4711", "sslmode"), ("postgres://localhost:99999/db", "port"),
        ("postgres://localhost,127.0.0.1:0/db", "port"), ("postgres://?service=word4711", "service"),
        ("host=a,b port=1,2,3", "port"), ("postgres://localhost/db?connect_timeout=word4711", "connect_timeout"),
        ("postgres://localhost/db?keepalives_idle=word4711", "keepalives_idle"),
        ("postgres://localhost/db?tcp_user_timeout=word4711", "tcp_user_timeout"),
        ("postgres://localhost/db?ssl_min_protocol_version=word4711", "ssl_min_protocol_version"),
        ("postgres://localhost/db?gssencmode=word4711", "gssencmode"),
        ("postgres://localhost/db?channel_binding=word4711", "channel_binding"),
        ("postgres://localhost/db?target_session_attrs=word4711", "target_session_attrs"),
    ])
    func anOptionThatLibpqDoesNotTakeIsNamed(url: String, option: String) async {
        let error = await #expect(throws: ChatStorageError.self) { try await PostgresBackend(url: url) }
        #expect(error?.code == .invalidArgument && error?.message.contains(" \(option),") == true, "\(url)")
        #expect(error.map { "\($0)".contains("4711") } == false)
    }

    @Test(arguments: [
        "postgres://localhost/db?sslmode=verify-ca&target_session_attrs=prefer-standby&keepalives=0",
        "host=a,b port=1,65535 connect_timeout=' 5 '", "postgres://a,b:5433/db", "postgres:///",
    ])
    func optionsThatLibpqTakesAreTaken(url: String) async throws {
        try await PostgresBackend(url: url).close()
    }

    @Test func settingsOutOfBoundsAreRefused() async {
        for adjust: (inout PostgresBackend.Configuration) -> Void in [
            { $0.connections = 0 }, { $0.waitingCalls = 0 }, { $0.callsPerConnection = 0 }, { $0.schema = "" },
            { $0.schema = String(repeating: "é", count: 32) }, { $0.schema = "pg_chat" }, { $0.callTimeout = .zero },
            { $0.lockTimeout = .seconds(-1) }, { $0.connectTimeout = .seconds(1) },
        ] {
            var configuration = PostgresBackend.Configuration(url: "postgres:///db")
            adjust(&configuration)
            await expectError(.invalidArgument) { [configuration] in try await PostgresBackend(configuration) }
        }
    }

    @Test("how soon a dropped path is noticed depends on the timeouts of calls and of locks") func droppedPath() {
        for (call, lock, seconds) in [
            (60.0, 5.0, 10), (3_600, 5, 10), (60, 0, 60), (24, 1, 4), (60, 20, 40), (1, 5, 1), (0.2, 5, 1), (30, 2, 5),
        ] {
            var configuration = PostgresBackend.Configuration(url: "postgres://db/x")
            (configuration.callTimeout, configuration.lockTimeout) = (.seconds(call), .seconds(lock))
            #expect(value("tcp_user_timeout", configuration) == "\(seconds * 1_000)", "\(call) \(lock)")
        }
        let configuration = PostgresBackend.Configuration(url: "postgres://db/x")
        #expect(value("keepalives_idle", configuration) == "5")
        #expect(value("keepalives_interval", configuration) == "1")
        #expect(value("keepalives_count", configuration) == "3")
    }

    @Test func theURLsTimesTakePrecedence() {
        let configuration = PostgresBackend.Configuration(
            url: "postgres://db/x?tcp_user_timeout=0&keepalives_idle=77&connect_timeout=1")
        // libpq takes the URL's values, since no later option replaces them.
        #expect(value("tcp_user_timeout", configuration) == nil && value("keepalives_idle", configuration) == nil)
        #expect(value("keepalives_count", configuration) == "3")
        let used = EffectiveOptions(ConnectionOptions(configuration).list).values
        #expect(used["tcp_user_timeout"] == "0" && used["keepalives_idle"] == "77" && used["keepalives_count"] == "3")
    }

    @Test(arguments: [
        ("postgres://db/x", 10), ("postgres://db/x?connect_timeout=7", 7), ("postgres://db/x?connect_timeout=1", 2),
        ("postgres://db/x?connect_timeout=0", nil), ("postgres://db/x?connect_timeout=-1", nil),
    ])
    func connectingIsTimedAsByLibpq(url: String, seconds: Int64?) {
        let options = ConnectionOptions(PostgresBackend.Configuration(url: url))
        #expect(options.connectTimeout == seconds.map { .seconds($0) })
    }

    private func value(_ keyword: String, _ configuration: PostgresBackend.Configuration) -> String? {
        ConnectionOptions(configuration).list.last { $0.keyword == keyword }?.value
    }

    private func mode(_ url: String) -> String? {
        TLSDefaults(
            EffectiveOptions([("dbname", url)]), urlOptions: EffectiveOptions(parsing: url), environment: [:],
            hasFile: { _ in false }
        ).mode
    }
}
