import ChatStorageCore

/// Which of the library's tables a database has, and where; reading it changes nothing.
struct SchemaInspection {
    /// A PostgreSQL schema in which to look for tables.
    struct Candidate {
        let schema: SchemaName
        /// Whether it exists; only a schema that the configuration names can be missing.
        let exists: Bool
        /// Which of the library's names are taken in it.
        let names: Set<String>
    }

    /// Where the tables are, or would be made.
    enum Location {
        /// Tables that the library made; their version must be read.
        case present(SchemaName, isDistributed: Bool)
        /// Tables of this version that take only these roles, not all of the configuration's.
        case narrow(SchemaName, roles: [String])
        /// Tables that an older version of the library made.
        case outdated(SchemaName, version: Int64)
        /// None of the library's names in any schema that was searched; the first schema is the place for the tables.
        case absent(SchemaName, exists: Bool, lookedThrough: [SchemaName])
    }

    private static let query = PreparedSQL(
        text: """
            WITH path AS (
                SELECT name::text AS name, position
                FROM unnest(CASE WHEN $1 IS NULL THEN current_schemas(false)::text[] ELSE ARRAY[$1] END)
                    WITH ORDINALITY AS path (name, position))
            SELECT current_setting('server_encoding'), current_setting('default_transaction_isolation'),
                path.name, n.oid IS NOT NULL,
                EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'conversations'),
                EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'chat_messages'),
                EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'conversation_labels'),
                EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'chat_storage_schema'),
                EXISTS (SELECT FROM pg_extension WHERE extname = 'citus'), current_setting('search_path'),
                current_setting('session_replication_role'), current_setting('synchronous_commit')
            FROM (SELECT 1) AS one LEFT JOIN path ON true LEFT JOIN pg_namespace n ON n.nspname = path.name
            ORDER BY path.position
            """, [.text])

    let encoding: String
    let isolation: String
    /// Whether the engine is Citus, which distributes tables.
    let isDistributed: Bool
    /// The setting `search_path`, including schemas that do not exist.
    let searchPath: String
    /// Whether the server checks and cascades foreign keys in sessions of this user.
    let keepsForeignKeys: Bool
    /// The setting `synchronous_commit`: when the server answers a commit.
    let synchronousCommit: String
    /// In the order in which they are searched.
    let candidates: [Candidate]

    init(
        encoding: String, isolation: String, isDistributed: Bool = false, searchPath: String = "",
        keepsForeignKeys: Bool = true, synchronousCommit: String = "on", candidates: [Candidate]
    ) {
        self.encoding = encoding
        self.isolation = isolation
        self.isDistributed = isDistributed
        self.searchPath = searchPath
        self.keepsForeignKeys = keepsForeignKeys
        self.synchronousCommit = synchronousCommit
        self.candidates = candidates
    }

    /// The request that searches one schema, or the connection's `search_path`.
    static func request(schema: String?) -> Request {
        .read(query, Parameters { $0.append(schema) })
    }

    init(_ result: QueryResult) throws {
        guard let first = result.rows.first else {
            throw ChatStorageError(.damaged, "the database did not report what it holds")
        }
        encoding = try first.text(0)
        isolation = try first.text(1)
        isDistributed = try first.bool(8)
        searchPath = try first.text(9)
        keepsForeignKeys = try first.text(10) != "replica"
        synchronousCommit = try first.text(11)
        candidates = try result.rows.compactMap { row in
            // The library's tables cannot be in the server's own schemas or in those for temporary tables.
            guard let name = try row.optionalText(2), !SchemaName(name: name).isReserved else { return nil }
            let names = try SchemaDefinition.tables.enumerated().filter { try row.bool(4 + Int32($0.offset)) }
            return Candidate(schema: SchemaName(name: name), exists: try row.bool(3), names: Set(names.map(\.element)))
        }
    }

    /// Checks the settings that sessions get from their user, database and server.
    ///
    /// - Throws: `ChatStorageError` with the code `invalidArgument`.
    func checkSettings() throws {
        func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
            guard condition else { throw ChatStorageError(.invalidArgument, problem()) }
        }
        try require(
            keepsForeignKeys,
            """
            session_replication_role is replica for this user, database or server: messages of deleted conversations \
            would stay; it must be origin
            """)
        // The library sets these in all sessions but a pooler's.
        try require(
            isolation == "read committed",
            """
            the server's default_transaction_isolation is \(isolation); behind a pooler it must be read committed
            """)
        try require(
            synchronousCommit != "off",
            "synchronous_commit is off, so acknowledged writes could be lost; behind a pooler it must not be off")
    }

    /// Finds the tables, or the place for them.
    ///
    /// Of several schemas it takes the first one with the library's tables, else the first one in which something has
    /// their names: that is another program's, and is left alone.
    ///
    /// - Throws: `ChatStorageError` with the code `schemaMismatch`, or `invalidArgument` when there is no place.
    func location() throws -> Location {
        guard encoding == "UTF8" else {
            throw ChatStorageError(.schemaMismatch, "the database's encoding is \(encoding); it must be UTF8")
        }
        if let found = candidates.first(where: { $0.names.contains(SchemaDefinition.versionTable) }) {
            let missing = SchemaDefinition.tables.filter { !found.names.contains($0) }
            guard missing.isEmpty else {
                throw ChatStorageError(
                    .schemaMismatch,
                    """
                    the schema lacks a part of the library's tables (\(missing.joined(separator: ", "))), or a version \
                    from before the library's first release made them
                    """)
            }
            return .present(found.schema, isDistributed: isDistributed)
        }
        if let other = candidates.first(where: { !$0.names.isEmpty }) {
            throw ChatStorageError(
                .schemaMismatch,
                """
                the database has something named \(other.names.sorted().joined(separator: " and ")) that the library \
                did not make; choose another schema
                """)
        }
        guard let place = candidates.first else {
            throw ChatStorageError(
                .invalidArgument,
                """
                no PostgreSQL schema of the connection's search_path (\(searchPath)) exists that this user may use; \
                create one of these, or name another
                """)
        }
        return .absent(place.schema, exists: place.exists, lookedThrough: candidates.map(\.schema))
    }
}
