import ChatStorageCore

/// The roles that a store's messages can have.
///
/// The numbers of those that every store has are part of the schema, so nothing is looked up for them.
enum RoleTable {
    struct Statements: Sendable {
        /// ?1 the number.
        let name = SQL("SELECT name FROM chat_roles WHERE role = ?1")
    }

    static let sql = Statements()

    /// The number by which messages have a role.
    static func number(of role: Role) throws -> Int64 {
        switch role {
        case .assistant: 0
        case .user: 1
        case .system: 2
        default: throw ChatStorageError(.invalidRole, "the store has no number for a message's role")
        }
    }

    /// The role of a number; one that somebody else has added to the table is looked up, in the same transaction.
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
