import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageTransfer

/// The rows of copies from store to store, with the digests that show that they are equal; their goals are absolute.
struct CopyRows {
    private static let conversations = 1_000
    private static let messages = 40

    private struct StoresDiffer: Error {}

    private let bench: Bench
    private let memory = InMemoryBackend()

    init(_ bench: Bench) async throws {
        self.bench = bench
        try await memory.prepare()
        for index in 0..<Self.conversations {
            let messages = (0..<Self.messages).map { number in
                ChatMessage(
                    role: number % 2 == 0 ? .user : .assistant, content: Load.content(index * Self.messages + number))
            }
            try await memory.append(messages, to: ConversationID("\(index)"))
        }
    }

    func rows() -> [TableRow] {
        var rows = [
            row("memory to SQLite", goal: 100_000) {
                let path = bench.newFile("copy")
                defer { Bench.remove(path) }
                return try await messagesPerSecond(from: memory, to: try await SQLiteBackend(path: path))
            }
        ]
        if let postgres = bench.postgres {
            rows.append(
                row("SQLite to PostgreSQL", goal: 50_000) {
                    let path = bench.newFile("copy")
                    defer { Bench.remove(path) }
                    let source = try await SQLiteBackend(path: path)
                    try await source.prepare()
                    try await StoreCopier(from: memory, to: source).run()
                    var configuration = PostgresBackend.Configuration(url: postgres.url)
                    configuration.schema = "copy"
                    let rate = try await messagesPerSecond(
                        from: source, to: try await PostgresBackend(configuration))
                    try await source.close()
                    try postgres.sql("DROP SCHEMA copy CASCADE; CHECKPOINT;")
                    return rate
                })
        }
        return rows
    }

    private func row(_ stores: String, goal: Double, _ round: @escaping () async throws -> Double) -> TableRow {
        TableRow(
            operation: "copy of a store", backend: stores, callers: 1, goal: TableRow.Goal(perSecond: goal),
            contenders: [Contender(.ours, "ChatStorage") { _ in try await round() }], isLong: true)
    }

    private func messagesPerSecond(
        from source: some ChatStorageBackend, to target: some ChatStorageBackend
    ) async throws -> Double {
        try await target.prepare()
        let start = ContinuousClock.now
        let summary = try await StoreCopier(from: source, to: target).run()
        let rate = Double(summary.messages) / start.secondsSince
        guard summary.isEqual, summary.copied == Self.conversations else { throw StoresDiffer() }
        try await target.close()
        return rate
    }
}
