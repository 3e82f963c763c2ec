import ChatStorageCore

/// How the tables of one PostgreSQL schema are made, and brought to this library's version.
struct SchemaDefinition {
    /// The table that distinguishes the library's tables from others of the same names.
    static let versionTable = "chat_storage_schema"
    static let tables = ["conversations", "chat_messages", "conversation_labels", versionTable]

    private let schema: SchemaName
    private let versions: [SchemaVersion]

    /// Describes a schema.
    ///
    /// - Parameter versions: The statements of each version, which make it from the one before, in order from version
    ///   1.
    init(_ schema: SchemaName, _ versions: [SchemaVersion]) {
        self.schema = schema
        self.versions = versions
    }

    /// The version of the schema that this library makes.
    var version: Int64 { Int64(versions.count) }

    /// The statements that make each version from the one before, in order, from version 1.
    var statements: [[String]] {
        versions.enumerated().map { index, version in
            version.transactions(schema.quoted).joined() + (index > 0 ? [setVersion(Int64(index + 1))] : [])
        }
    }

    /// The request that makes the schema, in one transaction.
    ///
    /// One process at a time does so: others wait for the lock, then fail at the first table, and look again.
    ///
    /// - Parameter createsNamespace: Whether to make the PostgreSQL schema itself, which needs a right that the user
    ///   often lacks.
    func creation(createsNamespace: Bool, roles: RoleSet) -> Request {
        let namespace = createsNamespace ? ["CREATE SCHEMA IF NOT EXISTS \(schema.quoted)"] : []
        let widening = roles == .standard ? [] : StoredRoles(roles).constraint(in: schema, isValidated: true)
        return transaction(namespace + statements.joined() + widening)
    }

    /// Makes the store take more roles.
    ///
    /// Changing the constraint locks the table of messages against everybody for a moment. Behind a long read it would
    /// wait, and everybody else behind it. So it waits only briefly and then fails; it can be repeated.
    func widening(to roles: StoredRoles) -> Request {
        let wait = Request.Step(
            statement: PreparedSQL(text: "SELECT set_config('lock_timeout', $1, true)", [.text]), bytes: 0
        ) { Parameters { $0.append(milliseconds: Self.wideningWait) } }
        return transaction(roles.constraint(in: schema, isValidated: false), after: [wait])
    }

    /// How long a change of the roles may keep others waiting.
    private static let wideningWait = Duration.milliseconds(100)

    /// The transactions that turn an older version into this one; they can be repeated.
    ///
    /// One process at a time does so: others wait for the lock, and then find nothing to do. Libraries that cannot use
    /// the tables afterwards are shut out first, so that none opens them half-way. Writes wait while an index is made,
    /// which reads its table once. If they must not wait, an admin makes the column and, with `CONCURRENTLY`, the index
    /// beforehand.
    func migration(from version: Int64) -> [Request] {
        let missing = versions.dropFirst(Int(clamping: version))
        let minimum = missing.map(\.minimumVersion).max() ?? 1
        let shutOut = """
            UPDATE \(table) SET minimum_schema_version = \(minimum) WHERE minimum_schema_version < \(minimum)
            """
        return ([[shutOut]] + missing.flatMap { $0.transactions(schema.quoted) }).map { transaction($0) }
    }

    /// The last step, which records that the others are done.
    var endOfMigration: Request { transaction([setVersion(version)]) }

    /// Reads which indexes, of those that an admin may have made beforehand, are invalid.
    ///
    /// A `CREATE INDEX CONCURRENTLY` that fails leaves an invalid index, which no search uses.
    func readInvalidIndexes(of version: Int64) -> Request {
        let names = versions.dropFirst(Int(clamping: version)).flatMap(\.indexes)
        return .read(
            PreparedSQL(
                text: """
                    SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                    JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = $1 AND c.relname = ANY ($2) AND NOT i.indisvalid
                    """, [.text, .textArray]),
            Parameters { values in
                values.append(schema.name)
                values.append(texts: names)
            })
    }

    /// Reads the version of the schema, the lowest version whose library may use it, and the roles that it takes.
    var readVersion: Request {
        .read(
            PreparedSQL(
                text: """
                    SELECT schema_version::bigint, minimum_schema_version::bigint, \(StoredRoles.query) FROM \(table)
                    """, [.text]),
            Parameters { $0.append(schema.name) })
    }

    /// Checks that this library can use a schema, and returns the schema's version.
    ///
    /// - Throws: `ChatStorageError` with the code `schemaTooNew` or `schemaMismatch`.
    func check(version result: QueryResult) throws -> Int64 {
        guard result.rowCount == 1, let row = result.rows.first, try row.int64(0) >= 1 else {
            throw ChatStorageError(.schemaMismatch, "the schema does not record its version")
        }
        let lowest = try row.int64(1)
        guard lowest <= version else {
            throw ChatStorageError(
                .schemaTooNew,
                "the store needs schema version \(lowest), this library knows \(version); update the library")
        }
        return try row.int64(0)
    }

    private var table: String { "\(schema.quoted).\(Self.versionTable)" }

    /// The end of every change of the tables.
    private func setVersion(_ version: Int64) -> String {
        "UPDATE \(table) SET schema_version = \(version) WHERE schema_version < \(version)"
    }

    private func transaction(_ statements: [String], after settings: [Request.Step] = []) -> Request {
        let lock = Request.Step(
            statement: PreparedSQL(text: "SELECT pg_advisory_xact_lock($1)::text", [.bigint]), bytes: 0
        ) { [key = schema.lockKey] in Parameters { $0.append(key) } }
        let steps = statements.map { sql in
            Request.Step(statement: PreparedSQL(text: sql), bytes: 0) { Parameters() }
        }
        return .transaction([lock] + settings + steps, on: .schema)
    }
}
