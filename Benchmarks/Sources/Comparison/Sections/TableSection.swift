/// The table of operations beside their limits.
struct TableSection {
    private static let quickLongRounds = 3

    let bench: Bench
    let rounds: Rounds
    /// A text that the rows to be measured have in their names.
    let only: String

    func run(_ results: inout Results) async throws {
        try await measure(await SQLiteRows(bench).rows(), &results)
        if let programs = bench.postgres {
            let postgres = try await PostgresRows(bench, programs)
            try await measure(postgres.rows(), &results)
            try await postgres.close()
        } else {
            Bench.log("Nothing is measured on PostgreSQL: no server is named.")
        }
        try await measure(await MemoryRows().rows(), &results)
        if let archive = bench.archive {
            try await measure(ImportRows(bench: bench, archive: archive).rows(), &results)
        } else {
            Bench.log("No import is measured: no archive is named.")
        }
        print(results.table)
    }

    private func measure(_ rows: [TableRow], _ results: inout Results) async throws {
        for row in rows {
            let name = "\(row.operation), \(row.backend) \(row.callers)"
            guard only.isEmpty || name.contains(only) else { continue }
            var rounds = rounds
            if bench.isQuick, row.isLong { rounds.count = min(rounds.count, Self.quickLongRounds) }
            let start = ContinuousClock.now
            let result = RowResult(row, rates: try await rounds.run(row.contenders))
            results.rows.append(result)
            Bench.log("\(name): \(Figure.ratio(result.ratio)) (\(Int(start.secondsSince)) s)")
        }
    }
}
