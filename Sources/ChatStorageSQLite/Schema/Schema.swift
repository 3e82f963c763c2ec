import ChatStorageCore

/// What the library's tables are, and what a file has of them.
///
/// `chat_storage_schema` records the version of the library's schema and the lowest version that may still use it, so
/// that a later addition need not shut older processes out (contract E5).
enum Schema {
    static let version = Int64(versions.count)

    /// The tables' names, in alphabetical order.
    static let tables = ["chat_messages", "chat_storage_schema", "conversations"]

    enum State: Equatable {
        /// The database has none of the tables.
        case absent
        /// The tables are as an older version made them.
        case outdated(version: Int64)
        case current

        /// Refuses all but a current schema.
        func checkIsCurrent() throws {
            switch self {
            case .absent:
                throw ChatStorageError(
                    .notPrepared, "the database has none of the library's tables; call prepare() first")
            case .outdated(let version):
                throw ChatStorageError(
                    .notPrepared,
                    "the store's schema has version \(version) and not \(Schema.version); call prepare() to migrate it")
            case .current: break
            }
        }
    }

    /// Reads what a database has, and changes nothing.
    ///
    /// - Throws: ``ChatStorageError`` with the code `schemaTooNew` or `schemaMismatch`.
    static func inspect(_ database: Database) throws -> State {
        guard try database.encoding() == "UTF-8" else { throw mismatch("the database keeps text in UTF-16") }
        let names = try database.ownTableNames()
        if names.isEmpty { return .absent }
        guard names == tables else {
            throw mismatch("the database has tables of the library's names that the library did not make")
        }
        guard let (version, minimumVersion) = try database.recordedVersion(), version >= 1 else {
            throw mismatch("the database has tables of the library's names that the library did not make")
        }
        guard minimumVersion <= Self.version else {
            throw ChatStorageError(
                .schemaTooNew,
                "the schema needs version \(minimumVersion) of the library's schema; this one knows \(Self.version)")
        }
        return version < Self.version ? .outdated(version: version) : .current
    }

    /// Makes the tables, or what they lack of this version, in one transaction that only one process at a time can hold.
    static func bringUpToDate(_ database: Database) throws {
        try database.transaction {
            let done: Int64
            switch try inspect(database) {
            case .absent: done = 0
            case .outdated(let version): done = version
            case .current: return
            }
            for version in versions.dropFirst(Int(done)) { try database.execute(version) }
        }
    }

    private static func mismatch(_ problem: String) -> ChatStorageError {
        ChatStorageError(.schemaMismatch, problem)
    }
}
