import Foundation
import TestSupport
import Testing

/// The servers that tests own do what tests rely on.
@Suite(.timeLimit(.minutes(5))) struct PostgresServerTests {
    @Test func comesBackWithItsDataHoweverItWasStopped() async throws {
        guard let server = try await ownServer() else { return }
        try await server.execute("CREATE TABLE numbers (number int)")
        for (number, mode) in [PostgresServer.StopMode.fast, .immediate, .kill].enumerated() {
            try await server.execute("INSERT INTO numbers VALUES (\(number))")
            try await server.stop(mode)
            await #expect(throws: TestPostgresError.self) { try await server.execute("SELECT 1") }
            try await server.start()
            #expect(try await server.execute("SELECT max(number) FROM numbers") == [["\(number)"]])
        }
    }

    @Test func answersNobodyWhileItIsPaused() async throws {
        guard let server = try await ownServer() else { return }
        try await server.pause()
        let answer = Task { try await server.execute("SELECT 1") }
        await #expect(throws: TestPostgresError.self) {
            try await TestPostgresConnection.execute("SELECT 1", url: "\(server.url)&connect_timeout=2")
        }
        try await server.resume()
        #expect(try await answer.value == [["1"]])
    }

    @Test func aStandbyFollowsAndIsPromoted() async throws {
        guard let primary = try await ownServer() else { return }
        var options = PostgresServer.Options()
        options.primary = primary
        let standby = try await PostgresServer(options)
        #expect(try await standby.execute("SELECT pg_is_in_recovery()") == [["t"]])
        try await primary.execute("CREATE TABLE numbers (number int)")
        try await primary.stop(.fast)
        try await standby.promote()
        #expect(try await standby.execute("INSERT INTO numbers VALUES (1) RETURNING number") == [["1"]])
    }

    @Test func takesSettingsRulesAndAnAddress() async throws {
        let password = UUID().uuidString
        var options = PostgresServer.Options()
        options.settings = ["work_mem=1234kB"]
        options.accessRules = ["local all nobody reject", "host all guest 127.0.0.1/32 scram-sha-256"]
        options.addresses = ["127.0.0.1"]
        guard let server = try await ownServer(options) else { return }
        #expect(try await server.execute("SHOW work_mem") == [["1234kB"]])
        try await server.execute("CREATE ROLE guest LOGIN PASSWORD '\(password)'")
        func url(_ user: String) -> String {
            "postgres://\(user)@127.0.0.1:\(server.port)/postgres?passfile=%2Fnonexistent"
        }
        #expect(try await TestPostgresConnection.execute("SELECT 1", url: url("guest:\(password)")) == [["1"]])
        let refused = ["\(server.url)&user=nobody", url("guest:wrong"), url("postgres")]
        for url in refused {
            await #expect(throws: TestPostgresError.self) {
                try await TestPostgresConnection.execute("SELECT 1", url: url)
            }
        }
        // Nor is anybody given the whole data.
        await #expect(throws: TestPostgresError.self) {
            try await TestPostgresConnection.execute("IDENTIFY_SYSTEM", url: "\(url("postgres"))&replication=true")
        }
    }

    private func ownServer(_ options: PostgresServer.Options = .init()) async throws -> PostgresServer? {
        try await PostgresServer.ifInstalled(options)
    }
}
