import ChatStorageCore
import ChatStoragePostgres
import ChatStorageSQLite

/// Whether callers hold each other up.
struct FairnessSection {
    private static let callers = 64

    let bench: Bench

    func run() async throws -> [Finding] {
        let seconds: Double = bench.isQuick ? 1 : 5
        var findings = try await readerAmongWriters(seconds)
        if let programs = bench.postgres { findings.append(try await slowestCaller(programs, seconds)) }
        return findings
    }

    /// A reader's latency on SQLite while 64 writers append.
    private func readerAmongWriters(_ seconds: Double) async throws -> [Finding] {
        let path = bench.newFile("fairness")
        defer { Bench.remove(path) }
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await Bench.fill(backend)
        let storage = backend.defaultTenant
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for caller in 1...Self.callers {
                group.addTask {
                    var load = Load(caller: caller)
                    try await Latency.repeatedly(for: seconds) {
                        try await AppendOne(storage: storage).call(&load)
                    }
                    return []
                }
            }
            group.addTask {
                var load = Load(caller: 0)
                return try await Latency.repeatedly(for: seconds) { try await ReadLast(storage: storage).call(&load) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try await backend.close()
        let (median, high) = (latencies.median, latencies.quantile(0.99))
        return [
            Finding(
                what: "a reader among 64 writers, median", backend: "SQLite", value: median * 1e6, unit: "µs"),
            Finding(
                what: "a reader among 64 writers, 99th percentile", backend: "SQLite", value: high * 1e6, unit: "µs"),
            Finding(
                what: "a reader among 64 writers, 99th percentile / median", backend: "SQLite", value: high / median,
                unit: "times", atMost: 10),
        ]
    }

    /// How many calls the slowest of 64 callers makes, beside the median of them; each appends and reads in turn.
    ///
    /// A caller with less than a tenth of the calls that others make is taken for starving.
    private func slowestCaller(_ programs: PostgresPrograms, _ seconds: Double) async throws -> Finding {
        var configuration = PostgresBackend.Configuration(url: programs.url)
        configuration.schema = "fairness"
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        try await Bench.fill(backend)
        let storage = backend.defaultTenant
        let calls = try await withThrowingTaskGroup(of: Double.self) { group in
            for caller in 0..<Self.callers {
                group.addTask {
                    var load = Load(caller: caller)
                    return Double(
                        try await Latency.repeatedly(for: seconds) {
                            try await AppendOne(storage: storage).call(&load)
                            try await ReadLast(storage: storage).call(&load)
                        }.count)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await backend.close()
        try programs.sql("DROP SCHEMA fairness CASCADE;")
        return Finding(
            what: "calls of the slowest of 64 callers / median", backend: "PostgreSQL",
            value: (calls.min() ?? 0) / calls.median, unit: "times", atLeast: 0.1)
    }
}
