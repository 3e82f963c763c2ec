import ChatStorageCore
import ChatStoragePostgres
import Synchronization

/// The rows on PostgreSQL.
///
/// The library and pgbench each have a schema, filled from a third before every round.
final class PostgresRows: Sendable {
    private static let ourSchema = "ours"
    private static let limitSchema = "pgbench"
    private static let filledSchema = "filled"
    /// How many clients pgbench has where the library has many callers: the best of these is the limit.
    private static let clients = [4, 16, 64]

    private let bench: Bench
    private let programs: PostgresPrograms
    /// The URL of the pooler that both go through.
    private let pooler: String?
    private let backend: PostgresBackend
    /// The schemas that have been appended to since they were filled.
    private let appendedTo = Mutex<Set<String>>([])

    init(_ bench: Bench, _ programs: PostgresPrograms, pooler: String? = nil) async throws {
        self.bench = bench
        self.programs = programs
        self.pooler = pooler
        backend = try await Self.open(programs, schema: Self.ourSchema, pooler: pooler)
        try await Self.open(programs, schema: Self.limitSchema).close()
        let filled = try await Self.open(programs, schema: Self.filledSchema)
        try await Bench.fill(filled.tenant(PgbenchScript.tenant))
        try await filled.close()
        try reset(Self.ourSchema)
        try reset(Self.limitSchema)
        try await checkAgreement()
        // The check appends with pgbench.
        try reset(Self.limitSchema)
    }

    func rows() throws -> [TableRow] {
        let (append, read) = (PgbenchScript.append(schema: Self.limitSchema), lastMessages)
        return [
            appendRow(callers: 1, TableRow.Goal(limit: 0.85), clients: [1]),
            appendRow(callers: 4, TableRow.Goal(limit: 0.85), clients: [4]),
            appendRow(callers: 16, TableRow.Goal(limit: 0.85), clients: [16]),
            appendRow(callers: 64, TableRow.Goal(limit: 2.3), clients: try clients(for: append)),
            readRow(callers: 1, TableRow.Goal(limit: 0.85), clients: [1]),
            readRow(callers: 4, TableRow.Goal(limit: 0.85), clients: [4]),
            readRow(callers: 16, TableRow.Goal(limit: 0.85), clients: [16]),
            readRow(callers: 64, TableRow.Goal(limit: 1), clients: try clients(for: read)),
        ]
    }

    /// Rows without goals, for what a pooler leaves of either: a connection has one transaction under way at a time.
    func pooledRows() throws -> [TableRow] {
        let (append, read) = (PgbenchScript.append(schema: Self.limitSchema), lastMessages)
        return [
            appendRow(callers: 64, TableRow.Goal(), clients: try clients(for: append)),
            readRow(callers: 64, TableRow.Goal(), clients: try clients(for: read)),
        ]
    }

    /// Rows without goals, for a plot: pgbench has as many clients as the library has callers, while the server takes
    /// them.
    func rows(callers: Int) -> [TableRow] {
        let clients = callers > (Self.clients.max() ?? 0) ? [] : [callers]
        return [
            appendRow(callers: callers, TableRow.Goal(), clients: clients),
            readRow(callers: callers, TableRow.Goal(), clients: clients),
        ]
    }

    /// Closes the library's store and removes the schemas: another section fills its own.
    func close() async throws {
        try await backend.close()
        for schema in [Self.ourSchema, Self.limitSchema, Self.filledSchema] {
            try programs.sql("DROP SCHEMA \"\(schema)\" CASCADE;")
        }
    }

    private var lastMessages: PgbenchScript { .lastMessages(schema: Self.limitSchema) }

    private func appendRow(callers: Int, _ goal: TableRow.Goal, clients: [Int]) -> TableRow {
        row(
            "append one message", callers: callers, goal, clients, AppendOne(storage: tenant),
            .append(schema: Self.limitSchema)
        ) { [self] schema in
            try reset(schema)
            appendedTo.withLock { _ = $0.insert(schema) }
        }
    }

    private func readRow(callers: Int, _ goal: TableRow.Goal, clients: [Int]) -> TableRow {
        row("last 20 messages", callers: callers, goal, clients, ReadLast(storage: tenant), lastMessages) {
            [self] schema in
            // Reading leaves the state as it is, and appends do not.
            if appendedTo.withLock({ $0.remove(schema) }) != nil { try reset(schema) }
        }
    }

    private var tenant: PostgresTenant { backend.tenant(PgbenchScript.tenant) }

    private func row(
        _ name: String, callers: Int, _ goal: TableRow.Goal, _ clients: [Int], _ operation: some Operation,
        _ script: PgbenchScript, before: @escaping (_ schema: String) throws -> Void
    ) -> TableRow {
        let ours = Contender(.ours, "ChatStorage") { seconds in
            try before(Self.ourSchema)
            // Connections are opened and statements planned before the clock starts, as pgbench's are in its first
            // second.
            _ = try await Rate.measure(callers: callers, seconds: 0.1, operation)
            return try await Rate.measure(callers: callers, seconds: seconds, operation)
        }
        let limits = clients.map { clients in
            Contender(.limit, "pgbench, \(clients) client\(clients == 1 ? "" : "s")") { [programs, pooler] seconds in
                try before(Self.limitSchema)
                return try programs.pgbench(
                    script, clients: clients, seconds: Int(seconds.rounded(.up)), pooler: pooler)
            }
        }
        return TableRow(
            operation: name, backend: pooler == nil ? "PostgreSQL" : "PostgreSQL behind PgBouncer", callers: callers,
            goal: goal, contenders: [ours] + limits)
    }

    /// All numbers of clients, or in a quick run the best of one short try.
    private func clients(for script: PgbenchScript) throws -> [Int] {
        guard bench.isQuick else { return Self.clients }
        let rates = try Self.clients.map { clients in
            return (clients, try programs.pgbench(script, clients: clients, seconds: 1, pooler: pooler))
        }
        return rates.max { $0.1 < $1.1 }.map { [$0.0] } ?? Self.clients
    }

    /// Brings a schema back to the state that every round begins with, its dead rows and its log included.
    private func reset(_ schema: String) throws {
        let (tables, filled) = ("\"\(schema)\"", "\"\(Self.filledSchema)\"")
        try programs.sql(
            """
            BEGIN;
            TRUNCATE \(tables).conversations, \(tables).chat_messages CASCADE;
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

    private static func open(
        _ programs: PostgresPrograms, schema: String, pooler: String? = nil
    ) async throws -> PostgresBackend {
        var configuration = PostgresBackend.Configuration(url: pooler ?? programs.url)
        configuration.schema = schema
        configuration.isBehindPooler = pooler != nil
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        return backend
    }
}
