import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// The checks of what is written and read over TLS, where answers come in records.
@Suite(.enabled(if: try TestBackends.postgres.isSelected())) struct EncryptedConnectionTests {
    @Test func textAppendsAndPagesAreTheSameOverTLS() async throws {
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
        let checks = ConformanceSuite.checks(matching: [
            "harness.", "text.", "atomicity.", "restore.", "pages.", "cancellation.", "concurrency.", "model.",
        ])
        let report = await ConformanceSuite.run(checks, on: harness)
        try await harness.end()
        print(report.descriptionWithoutFailures)
        expectNoFailure(of: report)
    }
}
