import ChatStorageCore
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageTransfer
import Foundation

/// The rows of an import, parsing included; there is no limit to compare them with, so their goals are absolute.
struct ImportRows {
    let bench: Bench
    let archive: String

    func rows() -> [TableRow] {
        var rows = [
            row("SQLite", goal: 120_000) {
                let path = bench.newFile("import")
                defer { Bench.remove(path) }
                let backend = try await SQLiteBackend(path: path)
                try await backend.prepare()
                let rate = try await messagesPerSecond(into: backend)
                try await backend.close()
                return rate
            }
        ]
        if let postgres = bench.postgres {
            rows.append(
                row("PostgreSQL", goal: 80_000) {
                    var configuration = PostgresBackend.Configuration(url: postgres.url)
                    configuration.schema = "import"
                    let backend = try await PostgresBackend(configuration)
                    try await backend.prepare()
                    let rate = try await messagesPerSecond(into: backend)
                    try await backend.close()
                    try postgres.sql("DROP SCHEMA import CASCADE; CHECKPOINT;")
                    return rate
                })
        }
        return rows
    }

    private func row(_ backend: String, goal: Double, _ round: @escaping () async throws -> Double) -> TableRow {
        TableRow(
            operation: "import of an archive", backend: backend, callers: 1, goal: TableRow.Goal(perSecond: goal),
            contenders: [Contender(.ours, "ChatStorage") { _ in try await round() }], isLong: true)
    }

    private func messagesPerSecond(into storage: some ChatStorage) async throws -> Double {
        let start = ContinuousClock.now
        let summary = try await Importer(storage: storage).run(ChatFile(path: archive))
        return Double(summary.messages) / start.secondsSince
    }
}
