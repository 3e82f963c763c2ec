/// The table of operations beside their limits.
struct TableSection {
    private static let quickLongRounds = 3

    let bench: Bench
    let rounds: Rounds
    /// A text that the rows to be measured have in their names.
    let only: String

    func run(_ results: inout Results) async throws {
        if isWanted("SQLite") { results.rows += try await measure(SQLiteRows(bench).rows()) }
        if let programs = bench.postgres, isWanted("PostgreSQL") {
            let postgres = try await PostgresRows(bench, programs)
            results.rows += try await measure(postgres.rows())
            try await postgres.close()
            if let pooler = programs.pooledURL {
                let pooled = try await PostgresRows(bench, programs, pooler: pooler)
                results.rows += try await measure(pooled.pooledRows())
                try await pooled.close()
            }
        }
        if isWanted("memory") { results.rows += try await measure(MemoryRows().rows()) }
        if let archive = bench.archive {
            results.rows += try await measure(ImportRows(bench: bench, archive: archive).rows())
        }
        if only.isEmpty || only.contains("copy") { results.rows += try await measure(CopyRows(bench).rows()) }
    }

    /// The rows of a plot: both operations with each number of callers.
    func run(callers: [Int], _ results: inout Results) async throws {
        let sqlite = isWanted("SQLite") ? try await SQLiteRows(bench) : nil
        let memory = isWanted("memory") ? MemoryRows() : nil
        var postgres: PostgresRows?
        if let programs = bench.postgres, isWanted("PostgreSQL") { postgres = try await PostgresRows(bench, programs) }
        for number in callers {
            let rows =
                (try await sqlite?.rows(callers: number) ?? []) + (postgres?.rows(callers: number) ?? [])
                + (try await memory?.rows(callers: number) ?? [])
            results.callers += try await measure(rows)
        }
        try await postgres?.close()
    }

    private func measure(_ rows: [TableRow]) async throws -> [RowResult] {
        var results: [RowResult] = []
        for row in rows where only.isEmpty || row.name.contains(only) {
            var rounds = rounds
            if bench.isQuick, row.isLong { rounds.count = min(rounds.count, Self.quickLongRounds) }
            let start = ContinuousClock.now
            let result = RowResult(row, rates: try await rounds.run(row.contenders))
            results.append(result)
            Bench.log("\(row.name): \(Figure.ratio(result.ratio)) (\(Int(start.secondsSince)) s)")
        }
        return results
    }

    /// Whether a backend can have rows that are wanted: its stores take time to fill.
    private func isWanted(_ backend: String) -> Bool {
        ["SQLite", "PostgreSQL", "memory"].allSatisfy { $0 == backend || !only.contains($0) }
    }
}
