import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

extension PostgresAwayTests {
    /// Two servers, of which the one that takes writes is killed.
    @Suite("failover to a synchronous standby") struct FailoverTests {
        @Test("the primary is killed under 64 callers, and the standby promoted")
        func failover() async throws {
            var figures = Figures("failovers, PostgreSQL")
            var answers = Figures("failovers under answers, PostgreSQL")
            var generator = SplitMix64(seed: try SoakCount.seed)
            let failovers = try SoakCount.failovers.value
            while figures.faults < failovers {
                guard let primary = try await PostgresServer.ifInstalled() else { return }
                var options = PostgresServer.Options()
                options.primary = primary
                guard let standby = try await PostgresServer.ifInstalled(options) else { return }
                defer { withExtendedLifetime((primary, standby)) {} }
                // Only once there is a standby can a commit wait for it.
                try await primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
                try await primary.execute("SELECT pg_reload_conf()")
                let waiting = "SELECT sync_state FROM pg_stat_replication"
                let observer = try TestPostgresConnection(url: primary.url)
                try await waitUntil { try observer.execute(waiting) == [["sync"]] }

                let backend = try await PostgresAwayTests.open(url(naming: [primary, standby]))
                let answering = try await AnsweringCallers.open(url(naming: [primary, standby]))
                var told = Callers.Told()
                var written = try await AnsweringCallers.write(to: answering, seed: generator.next()) { writers in
                    told = try await Callers.call(backend, seed: generator.next()) { callers in
                        try await callers.acknowledge(.random(in: 1...1_000, using: &generator))
                        try await writers.end(.random(in: 1...20, using: &generator))
                        try await primary.stop(.kill)
                        (figures.faults, answers.faults) = (figures.faults + 1, answers.faults + 1)
                        try await standby.promote()
                        try await callers.acknowledge(500)
                        try await writers.end(32)
                    }
                }
                try await backend.close()
                try await answering.close()
                let store = TestedStore.postgres(url: standby.url, schema: PostgresAwayTests.schema)
                try await told.compare(with: store, deadline: .seconds(60), &figures)
                try await written.compare(with: AnsweringCallers.store(standby.url), &answers)
            }
            figures.report()
            answers.report()
        }

        /// A URL that names servers, for sessions that can write.
        private func url(naming servers: [PostgresServer]) -> String {
            let hosts = servers.map { server in
                String(server.url.split(separator: "host=").last?.split(separator: "&").first ?? "")
            }
            return "postgres://postgres@/postgres?host=\(hosts.joined(separator: ","))"
                + "&port=\(servers.map { "\($0.port)" }.joined(separator: ","))&target_session_attrs=read-write"
        }
    }
}
