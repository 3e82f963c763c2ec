/// A version of the schema: the statements that make it from the version before.
struct SchemaVersion: Sendable {
    /// The lowest version whose library may use this version's tables.
    ///
    /// A version that raises it also renames something that older libraries' statements use: their running processes
    /// check the version only after a statement has failed.
    let minimumVersion: Int64
    /// The names of the indexes that an admin may make beforehand, with `CONCURRENTLY`.
    var indexes: [String] = []
    /// The transactions that make it, by the quoted name of the PostgreSQL schema, each a list of statements.
    ///
    /// All but those of version 1 can be repeated, and none of these locks more than one table: other processes' calls,
    /// which go on meanwhile, lock the tables in different orders. Version 1 makes new tables, so it may lock several.
    let transactions: @Sendable (_ schema: String) -> [[String]]
}
