/// A version of the schema: what makes it of the version before.
struct SchemaVersion: Sendable {
    /// The lowest version whose library may use the tables as this one leaves them.
    ///
    /// Where it is a new one, something that older libraries name in their statements gets another name: processes of
    /// theirs that are running look only where a statement fails.
    let minimumVersion: Int64
    /// The names of the indexes that an admin may make beforehand, with `CONCURRENTLY`.
    var indexes: [String] = []
    /// The transactions that make it, by the quoted name of the PostgreSQL schema, each a list of statements.
    ///
    /// They can be repeated, but for those of version 1. None locks both tables, whose order of locks differs among the
    /// calls of processes that go on meanwhile; those of version 1, whose tables nobody uses yet, may.
    let transactions: @Sendable (_ schema: String) -> [[String]]
}
