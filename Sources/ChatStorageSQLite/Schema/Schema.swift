import ChatStorageCore

/// The versions of the library's tables, and how to find out which one a file has.
///
/// `chat_storage_schema` records the version of a file's tables and the lowest version that may still use them, so that
/// a later addition need not shut older processes out (contract E5).
struct Schema: Sendable {
    /// The SQL that makes each version from the one before it, and records it; a new file gets them all.
    let versions: [StaticString]

    /// The roles that the store must take.
    var roles = RoleSet.standard

    /// The schema that this library makes.
    static let current = Schema(versions: [version1])

    /// The newest of the versions.
    var version: Int64 { Int64(versions.count) }

    /// Which tables a file has.
    enum State: Equatable {
        /// The database has none of the tables.
        case absent
        /// The tables are as an older version made them.
        case outdated(version: Int64, current: Int64)
        /// The tables do not take a role that they must take.
        case lacks(Role)
        case current

        /// Refuses all but a current schema.
        func checkIsCurrent() throws {
            switch self {
            case .absent:
                throw ChatStorageError(
                    .notPrepared, "the database has none of the library's tables; call prepare() first")
            case .outdated(let version, let current):
                throw ChatStorageError(
                    .notPrepared,
                    "the store's schema has version \(version) and not \(current); call prepare() to migrate it")
            case .lacks(let role):
                throw ChatStorageError(
                    .notPrepared,
                    "the store does not take messages of the role \(role) yet; call prepare() to make it take them")
            case .current: break
            }
        }
    }

    /// Finds out which version a database has, and changes nothing.
    ///
    /// - Throws: ``ChatStorageError`` with the code `schemaTooNew` or `schemaMismatch`.
    func inspect(_ database: Database) throws -> State {
        guard try database.pragma(.encoding) == "UTF-8" else {
            throw Self.mismatch("the database keeps text in UTF-16")
        }
        let names = try database.ownTableNames()
        if names.isEmpty { return .absent }
        guard names == Self.tables, let recorded = try database.recordedVersion(), recorded.version >= 1 else {
            throw Self.mismatch("the database has tables of the library's names that the library did not make")
        }
        guard recorded.minimumVersion <= version else {
            throw ChatStorageError(
                .schemaTooNew,
                """
                the store needs schema version \(recorded.minimumVersion), this library knows \(version); update the \
                library
                """)
        }
        if recorded.version < version { return .outdated(version: recorded.version, current: version) }
        let missing = try roles.list.first { try RoleTable(database).number(of: $0) == nil }
        return missing.map(State.lacks) ?? .current
    }

    /// Makes the tables, migrates them, or makes them take more roles.
    ///
    /// It does so in one transaction, which only one process at a time can hold.
    func bringUpToDate(_ database: Database) throws {
        try database.transaction {
            let done: Int64
            switch try inspect(database) {
            case .absent: done = 0
            case .outdated(let version, _): done = version
            case .lacks: done = version
            case .current: return
            }
            for version in versions.dropFirst(Int(done)) { try database.execute(version) }
            for role in roles.list { try RoleTable(database).insert(role) }
        }
    }

    private static func mismatch(_ problem: String) -> ChatStorageError {
        ChatStorageError(.schemaMismatch, problem)
    }
}
