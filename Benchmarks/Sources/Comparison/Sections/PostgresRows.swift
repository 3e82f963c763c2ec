import ChatStorageCore
import ChatStoragePostgres

/// The rows on PostgreSQL.
///
/// The library and pgbench each have a schema, filled from a third before every round.
struct PostgresRows {
    private static let ourSchema = "ours"
    private static let limitSchema = "pgbench"
    private static let filledSchema = "filled"
    /// How many clients pgbench has where the library has many callers: the best of these is the limit.
    private static let clients = [4, 16, 64]

    private let bench: Bench
    private let programs: PostgresPrograms
    private let backend: PostgresBackend

    init(_ bench: Bench, _ programs: PostgresPrograms) async throws {
        self.bench = bench
        self.programs = programs
        backend = try await Self.open(programs, schema: Self.ourSchema)
        try await Self.open(programs, schema: Self.limitSchema).close()
        let filled = try await Self.open(programs, schema: Self.filledSchema)
        try await Bench.fill(filled.tenant(PgbenchScript.tenant))
        try await filled.close()
        try reset(Self.ourSchema)
        try reset(Self.limitSchema)
        try await checkAgreement()
    }

    func rows() throws -> [TableRow] {
        let append = PgbenchScript.append(schema: Self.limitSchema)
        let lastMessages = PgbenchScript.lastMessages(schema: Self.limitSchema)
        let appendOne = AppendOne(storage: backend.tenant(PgbenchScript.tenant))
        let readLast = ReadLast(storage: backend.tenant(PgbenchScript.tenant))
        return [
            try row("append one message", callers: 1, goal: 0.8, appendOne, append),
            try row("append one message", callers: 64, goal: 2, appendOne, append),
            try row("last 20 messages", callers: 1, goal: 0.8, readLast, lastMessages),
            try row("last 20 messages", callers: 64, goal: 1.1, readLast, lastMessages),
        ]
    }

    func close() async throws {
        try await backend.close()
    }

    private func row(
        _ name: String, callers: Int, goal: Double, _ operation: some Operation, _ script: PgbenchScript
    ) throws -> TableRow {
        let ours = Contender(.ours, "ChatStorage") { seconds in
            try reset(Self.ourSchema)
            // Connections are opened and statements planned before the clock starts, as in pgbench's rate.
            _ = try await Rate.measure(callers: callers, seconds: 0.1, operation)
            return try await Rate.measure(callers: callers, seconds: seconds, operation)
        }
        let limits = try (callers == 1 ? [1] : clients(for: script)).map { clients in
            Contender(.limit, "pgbench, \(clients) client\(clients == 1 ? "" : "s")") { seconds in
                try reset(Self.limitSchema)
                return try programs.pgbench(script, clients: clients, seconds: Int(seconds.rounded(.up)))
            }
        }
        return TableRow(
            operation: name, backend: "PostgreSQL", callers: callers, goal: TableRow.Goal(limit: goal),
            contenders: [ours] + limits)
    }

    /// All numbers of clients, or in a quick run the best of one short try.
    private func clients(for script: PgbenchScript) throws -> [Int] {
        guard bench.isQuick else { return Self.clients }
        let rates = try Self.clients.map { clients in
            try reset(Self.limitSchema)
            return (clients, try programs.pgbench(script, clients: clients, seconds: 1))
        }
        return rates.max { $0.1 < $1.1 }.map { [$0.0] } ?? Self.clients
    }

    /// Brings a schema back to the state that every round begins with, its dead rows and its log included.
    private func reset(_ schema: String) throws {
        let (tables, filled) = ("\"\(schema)\"", "\"\(Self.filledSchema)\"")
        try programs.sql(
            """
            BEGIN;
            TRUNCATE \(tables).conversations, \(tables).chat_messages;
            INSERT INTO \(tables).conversations (tenant, conversation_id, title, created_at, updated_at, last_sequence)
            SELECT tenant, conversation_id, title, created_at, updated_at, last_sequence FROM \(filled).conversations;
            INSERT INTO \(tables).chat_messages (tenant, conversation_id, sequence, role, content, created_at)
            SELECT tenant, conversation_id, sequence, role, content, created_at FROM \(filled).chat_messages
            ORDER BY tenant, conversation_id, sequence;
            COMMIT;
            VACUUM (ANALYZE) \(tables).conversations, \(tables).chat_messages;
            CHECKPOINT;
            """)
    }

    /// Checks that pgbench's statements return and store what the library's do, as the server prints it.
    private func checkAgreement() async throws {
        let statement = PgbenchScript.lastMessagesText(
            schema: Self.limitSchema, tenant: "'\(PgbenchScript.tenant)'", id: "'\(Load.ids[0])'", limit: "20")
        let rows = try programs.sql(
            """
            SELECT sequence, role, content, (extract(epoch FROM created_at) * 1000000)::bigint
            FROM (\(statement)) AS messages ORDER BY sequence;
            """)
        let ours = try await backend.tenant(PgbenchScript.tenant).messages(of: Load.ids[0], limit: 20)
            .map { "\($0.sequence)|\($0.role)|\($0.content)|\($0.createdAt.microsecondsSinceEpoch)\n" }
        try Agreement.check(ours.count == 20, "the library's last messages, their number")
        try Agreement.check(ours.joined() == rows, "PostgreSQL's last messages")

        _ = try programs.pgbench(.append(schema: Self.limitSchema), clients: 1, seconds: 1)
        let wrong = try programs.sql(
            """
            SELECT count(*) FROM "\(Self.limitSchema)".conversations c
            JOIN (SELECT conversation_id, count(*) AS number, max(sequence) AS last
                  FROM "\(Self.limitSchema)".chat_messages GROUP BY 1) m USING (conversation_id)
            WHERE m.number <> m.last OR m.last <> c.last_sequence;
            SELECT count(*) FROM "\(Self.limitSchema)".chat_messages
            WHERE sequence > \(Load.storedMessages) AND (role <> 'user' OR content <> '\(Load.content(0))');
            """)
        try Agreement.check(wrong == "0\n0\n", "what PostgreSQL stores for an append")
    }

    private static func open(_ programs: PostgresPrograms, schema: String) async throws -> PostgresBackend {
        var configuration = PostgresBackend.Configuration(url: programs.url)
        configuration.schema = schema
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        return backend
    }
}
