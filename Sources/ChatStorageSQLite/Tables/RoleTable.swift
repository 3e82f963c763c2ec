import ChatStorageCore

/// The roles that a store's messages can have.
///
/// The schema fixes the numbers of the standard roles, so they need no look-up.
enum RoleTable {
    struct Statements: Sendable {
        /// ?1 the number.
        let name = SQL("SELECT name FROM chat_roles WHERE role = ?1")
    }

    static let sql = Statements()

    /// The number that stands for a role in a message's row.
    static func number(of role: Role) throws -> Int64 {
        switch role {
        case .assistant: 0
        case .user: 1
        case .system: 2
        default: throw ChatStorageError(.invalidRole, "the store has no number for a message's role")
        }
    }

    /// The role of a number; one that another program has added to the table is looked up, in the same transaction.
    static func role(_ number: Int64, in database: Database) throws -> Role {
        switch number {
        case 0: .assistant
        case 1: .user
        case 2: .system
        default:
            try database.run(sql.name) { statement in
                try statement.bind(number, at: 1)
                guard try statement.step() else {
                    throw ChatStorageError(.damaged, "a stored message's role is not in the table of roles")
                }
                return Role(rawValue: try statement.text(0))
            }
        }
    }
}
