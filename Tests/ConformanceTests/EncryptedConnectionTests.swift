import ChatStorageConformance
import ChatStoragePostgres
import TestSupport
import Testing

/// The checks over TLS, where answers come in records that are read in part.
@Suite(.enabled(if: try TestBackends.postgres.isSelected())) struct EncryptedConnectionTests {
    @Test func encryptedConnectionsPassEveryCheckThatAppliesToAStoreInUse() async throws {
        guard let tls = try await TLSServer.ifPossible() else { return }
        let url = tls.url("&sslmode=verify-full\(tls.trusting("authority"))")
        let first = try await PostgresBackend(url: url)
        try await first.prepare()
        try await first.close()
        let harness = LiveStoreHarness(name: "postgres, TLS") {
            var configuration = PostgresBackend.Configuration(url: url)
            configuration.connections = 3
            return try await PostgresBackend(configuration)
        }
        let checks = ConformanceSuite.checks.filter { !$0.id.hasPrefix("scale.") }
        let report = await ConformanceSuite.run(checks, on: harness)
        try await harness.end()
        print(report.descriptionWithoutFailures)
        #expect(!report.isFailure, "\(report)")
    }
}
