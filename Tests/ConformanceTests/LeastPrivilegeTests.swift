import ChatStorageConformance
import ChatStoragePostgres
import TestSupport
import Testing

/// The checks as a role that has only the rights which the documentation grants.
@Suite(.enabled(if: try TestBackends.postgres.isSelected())) struct LeastPrivilegeTests {
    @Test("an application's role passes every check that applies to a store in use")
    func anApplicationsRolePasses() async throws {
        try await DocumentedPrivileges.withTables { server, privileges in
            let url = server.url(of: privileges.application)
            let harness = LiveStoreHarness(name: "postgres, least privilege") {
                var configuration = PostgresBackend.Configuration(url: url)
                configuration.schema = privileges.schema
                configuration.connections = 3
                return try await PostgresBackend(configuration)
            }
            // Those of scale write as many rows as others, only more of them.
            let checks = ConformanceSuite.checks.filter { !$0.id.hasPrefix("scale.") }
            let report = await ConformanceSuite.run(checks, on: harness)
            try await harness.end()
            print(report.descriptionWithoutFailures)
            expectNoFailure(of: report)
            // Checks of schemas and of writes past the library do not apply to a store in use.
            let passed = report.results.filter { if case .passed = $0.outcome { true } else { false } }
            #expect(passed.count > checks.count * 3 / 4)
        }
    }
}
