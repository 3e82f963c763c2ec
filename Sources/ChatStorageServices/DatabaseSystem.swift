public import ChatStorageCore

/// The kind of database of a store, as in OpenTelemetry's `db.system.name`.
///
/// For another backend use a string: `"my_database"`.
public struct DatabaseSystem: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name.
    public let name: String

    /// Makes one of a name.
    ///
    /// - Parameter name: The name, in snake case.
    public init(_ name: String) {
        self.name = name
    }

    /// Makes one of a name.
    public init(stringLiteral name: String) {
        self.name = name
    }

    /// SQLite: `sqlite`.
    public static let sqlite = DatabaseSystem("sqlite")
    /// PostgreSQL: `postgresql`.
    public static let postgresql = DatabaseSystem("postgresql")
    /// The memory of this process, for which OpenTelemetry has no name: `memory`.
    public static let memory = DatabaseSystem("memory")
}

extension DatabaseSystem {
    /// Finds the kind of a store's URL.
    ///
    /// - Parameter url: The URL.
    public init(_ url: StoreURL) {
        self =
            if url.sqlitePath != nil {
                .sqlite
            } else if url.postgresURI != nil {
                .postgresql
            } else {
                .memory
            }
    }
}
