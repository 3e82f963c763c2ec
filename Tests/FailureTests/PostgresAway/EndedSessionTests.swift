import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

extension PostgresAwayTests {
    /// Sessions that the server ends, because somebody asks it to or because it ends itself.
    @Suite("sessions end under 64 callers") struct EndedSessionTests {
        private static let connections = 8
        private static let callTimeout = Duration.seconds(60)

        @Test("backends are ended with pg_terminate_backend")
        func ended() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            try await TestPostgres.withSchema { url, schema in
                let backend = try await open(adding("application_name=\(schema)", to: url), schema: schema)
                var figures = Figures("ended sessions, PostgreSQL")
                var generator = SplitMix64(seed: try SoakCount.seed)
                let ends = try SoakCount.ends.value
                let told = try await Callers.call(backend, seed: generator.next()) { callers in
                    while figures.faults < ends {
                        // Whatever one end interrupts gets its turn again before the next end.
                        try await callers.acknowledge(.random(in: 64...200, using: &generator))
                        // Now and then all at once.
                        let count = Int.random(in: 0..<5, using: &generator) == 0 ? Self.connections : 1
                        let first = Int.random(in: 0..<Self.connections, using: &generator)
                        figures.faults += try await TestPostgres.execute(
                            """
                            SELECT pg_terminate_backend(pid) FROM (
                                SELECT pid FROM pg_stat_activity WHERE application_name = '\(schema)'
                                ORDER BY (pid + \(first)) % \(Self.connections), pid LIMIT \(count)) AS ended
                            """
                        ).count
                    }
                    try await callers.acknowledge(100)
                }
                try await backend.close()
                // While the server itself answers, a read is repeated; it is given up when it was lost five times.
                #expect(told.failedReads * 1_000 <= told.reads, "\(told.failedReads): \(told.readErrors)")
                try await told.compare(
                    with: .postgres(url: url, schema: schema), deadline: Self.callTimeout, &figures)
                figures.report()
            }
        }

        @Test("backends are ended while answers are written")
        func endedUnderAnswers() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            try await TestPostgres.withSchema { url, schema in
                let store = TestedStore.postgres(url: url, schema: schema)
                let backend = try await AnsweringCallers.open(url, schema: schema)
                var figures = Figures("ended sessions under answers, PostgreSQL")
                var generator = SplitMix64(seed: try SoakCount.seed)
                let ends = try SoakCount.ends.value
                var written = try await AnsweringCallers.write(to: backend, seed: generator.next()) { writers in
                    while figures.faults < ends {
                        try await writers.end(.random(in: 1...8, using: &generator))
                        let count = Int.random(in: 0..<5, using: &generator) == 0 ? 100 : 1
                        figures.faults += try await TestPostgres.execute(
                            """
                            SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
                                WHERE application_name = '\(schema).\(AnsweringCallers.session)'
                                ORDER BY random() LIMIT \(count)) AS ended
                            """
                        ).count
                    }
                    try await writers.end(16)
                }
                try await backend.close()
                try await written.compare(with: store, &figures)
                figures.report()
            }
        }

        // The operating system goes on, so what was written is there also with the server's fsync off.
        @Test("the server is restarted", arguments: [PostgresServer.StopMode.fast, .immediate, .kill])
        func restarted(mode: PostgresServer.StopMode) async throws {
            guard let server = try await PostgresServer.ifInstalled() else { return }
            defer { withExtendedLifetime(server) {} }
            let backend = try await open(adding("application_name=\(schema)", to: server.url))
            let answering = try await AnsweringCallers.open(server.url)
            var figures = Figures("restarted servers, PostgreSQL, \(mode.rawValue)")
            var answers = Figures("restarted servers under answers, PostgreSQL, \(mode.rawValue)")
            var generator = SplitMix64(seed: try SoakCount.seed)
            let restarts = try SoakCount.restarts.value
            var told = Callers.Told()
            var written = try await AnsweringCallers.write(to: answering, seed: generator.next()) { writers in
                told = try await Callers.call(backend, seed: generator.next()) { callers in
                    while figures.faults < restarts {
                        try await callers.acknowledge(.random(in: 1...500, using: &generator))
                        try await writers.end(.random(in: 1...20, using: &generator))
                        try await server.stop(mode)
                        (figures.faults, answers.faults) = (figures.faults + 1, answers.faults + 1)
                        // Until callers have seen that it is away, and have tried again.
                        try await callers.allFail()
                        try await server.start()
                        try await callers.acknowledge(1)
                        let sessions = try await server.execute(
                            "SELECT 1 FROM pg_stat_activity WHERE application_name = '\(schema)'")
                        #expect(sessions.count <= Self.connections)
                    }
                    try await callers.acknowledge(200)
                    try await writers.end(32)
                }
            }
            try await backend.close()
            try await answering.close()
            try await told.compare(
                with: .postgres(url: server.url, schema: schema), deadline: Self.callTimeout, &figures)
            try await written.compare(with: AnsweringCallers.store(server.url), &answers)
            figures.report()
            answers.report()
        }

        private func open(_ url: String, schema: String = PostgresAwayTests.schema) async throws -> PostgresBackend {
            try await PostgresAwayTests.open(url, schema: schema) {
                $0.connections = Self.connections
                $0.callTimeout = Self.callTimeout
            }
        }

        private var schema: String { PostgresAwayTests.schema }
    }
}
