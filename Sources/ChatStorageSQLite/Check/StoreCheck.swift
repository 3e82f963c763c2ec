import ChatStorageCore

/// Checks a whole file, in the caller's snapshot.
struct StoreCheck {
    private struct Statements: Sendable {
        let integrity = SQL("PRAGMA integrity_check(1000)")
        let foreignKeys = SQL("PRAGMA foreign_key_check")
        let tenants = SQL("SELECT count(DISTINCT tenant) FROM conversations")
        let conversations = SQL(
            """
            SELECT conversation, tenant, conversation_id, created_at_us, updated_at_us, last_sequence, removed_count,
                cleared_through, head, details, metadata = ''
            FROM conversations NOT INDEXED ORDER BY conversation
            """)
    }

    private static let sql = Statements()

    let database: Database
    private let schema: Schema
    private let problems = ProblemList()
    private var report = SQLiteBackend.CheckReport()

    init(_ database: Database, _ schema: Schema) {
        self.database = database
        self.schema = schema
    }

    /// Checks everything that can be read.
    mutating func run(_ checkCancellation: () throws -> Void) throws -> SQLiteBackend.CheckReport {
        try checkAll(checkCancellation)
        report.problems = problems.problems
        report.problemCount = problems.count
        return report
    }

    private mutating func checkAll(_ checkCancellation: () throws -> Void) throws {
        do {
            try checkFile()
            guard try checkSchema() else {
                report.isComplete = false
                return
            }
            try checkForeignKeys()
            report.tenants = try database.run(Self.sql.tenants) { try $0.step() ? Int($0.int64(0)) : 0 }
            try checkConversations(checkCancellation)
        } catch let failure as SQLiteFailure where failure.isCorrupt {
            report.isComplete = false
            add(.file, "damage keeps the rest of the file from being read (SQLite \(failure.code))")
        }
    }

    private func checkFile() throws {
        let sentences = try database.run(Self.sql.integrity) { statement in
            try statement.rows { try $0.text(0) }
        }
        // Each may have several lines. They name tables, indexes, pages and rows, never values.
        for line in sentences.flatMap({ $0.split(separator: "\n") }) where line != "ok" { add(.file, String(line)) }
    }

    private mutating func checkSchema() throws -> Bool {
        report.schemaVersion = try database.recordedVersion().map { Int(clamping: $0.version) }
        do {
            switch try schema.inspect(database) {
            case .current, .lacks: return true
            case let state: try state.checkIsCurrent()
            }
        } catch let error as ChatStorageError {
            add(.schema, error.message)
        }
        return false
    }

    private func checkForeignKeys() throws {
        var counts: [String: Int] = [:]
        try database.run(Self.sql.foreignKeys) { statement in
            while try statement.step() {
                counts["\(try statement.text(0)) whose row of \(try statement.text(2)) is missing", default: 0] += 1
            }
        }
        for (tables, count) in counts.sorted(by: { $0.key < $1.key }) {
            add(.foreignKey, "\(count) \(count == 1 ? "row" : "rows") of \(tables)")
        }
    }

    private mutating func checkConversations(_ checkCancellation: () throws -> Void) throws {
        try database.run(Self.sql.conversations) { row in
            while try row.step() {
                try checkCancellation()
                report.conversations += 1
                let tenant = try? row.text(1)
                guard let tenant, let id = try? row.text(2) else {
                    add(.conversation, "a conversation's tenant or id is not UTF-8")
                    continue
                }
                var check = ConversationCheck(
                    key: row.int64(0),
                    ConversationProblems(list: problems, tenant: tenant, id: ConversationID(id)),
                    times: row.int64(3)...max(row.int64(3), row.int64(4)), lastSequence: row.int64(5),
                    removedCount: row.int64(6), clearedThrough: row.int64(7), head: row.optionalInt64(8),
                    isBranched: row.int64(9) != 0, hasMetadataBeside: row.int64(10) != 0)
                try check.run(in: database)
                report.messages += check.messageCount
            }
        }
    }

    private func add(_ kind: SQLiteBackend.CheckProblem.Kind, _ message: String) {
        problems.add(
            SQLiteBackend.CheckProblem(kind: kind, tenant: nil, conversationID: nil, sequence: nil, message: message))
    }
}
