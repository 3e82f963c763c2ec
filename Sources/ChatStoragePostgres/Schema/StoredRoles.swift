import ChatStorageCore

/// The roles that a store takes, as the constraint on its messages names them.
struct StoredRoles: Sendable, Hashable {
    private static let constraint = "chat_messages_role_check"

    let names: Set<String>

    init(_ roles: RoleSet) {
        names = Set(roles.roles.map(\.rawValue))
    }

    /// Combines the names that ``query`` reads with a configuration's roles.
    init(_ names: [String], adding roles: RoleSet) {
        self.names = StoredRoles(roles).names.union(names)
    }

    /// The roles of a configuration that are missing from the names that ``query`` reads.
    static func missing(of roles: RoleSet, in names: [String]) -> [String] {
        StoredRoles(roles).names.subtracting(names).sorted()
    }

    /// Reads the names from the constraint itself; without a constraint there are none.
    ///
    /// The statement's first parameter is the schema's name.
    static let query = """
        (SELECT coalesce(array_agg(role.name[1]), '{}')
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN regexp_matches(pg_get_constraintdef(k.oid), '''([a-z_]+)''', 'g') AS role (name)
         WHERE n.nspname = $1 AND c.relname = 'chat_messages' AND k.conname = '\(constraint)')
        """

    /// The statements that replace the constraint with one that names these roles.
    ///
    /// - Parameter isValidated: Whether to check the existing rows for these roles; not needed if the old constraint
    ///   was narrower.
    func constraint(in schema: SchemaName, isValidated: Bool) -> [String] {
        let table = "\(schema.quoted).chat_messages"
        let list = names.sorted().map { "'\($0)'" }.joined(separator: ", ")
        let check = "CHECK (role IN (\(list)))\(isValidated ? "" : " NOT VALID")"
        return [
            "ALTER TABLE \(table) DROP CONSTRAINT IF EXISTS \(Self.constraint)",
            "ALTER TABLE \(table) ADD CONSTRAINT \(Self.constraint) \(check)",
        ]
    }
}
