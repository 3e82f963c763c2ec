import ChatStorageCore

/// The roles that a store's messages can have.
///
/// The schema fixes the numbers of the standard roles, so they need no look-up. Others get the next number when they
/// are added, by the library or another program.
struct RoleTable {
    struct Statements: Sendable {
        /// ?1 the number.
        let name = SQL("SELECT name FROM chat_roles WHERE role = ?1")
        /// ?1 the name.
        let number = SQL("SELECT role FROM chat_roles WHERE name = ?1")
        let insert = SQL("INSERT INTO chat_roles (name) VALUES (?1) ON CONFLICT (name) DO NOTHING")
    }

    static let sql = Statements()

    let database: Database
    /// The roles that were looked up, for the statements of one transaction.
    private var known: [(number: Int64, role: Role)] = []

    init(_ database: Database) {
        self.database = database
    }

    /// The number that stands for a role in a message's row; nil if the store does not take it.
    func number(of role: Role) throws -> Int64? {
        switch role {
        case .assistant: 0
        case .user: 1
        case .system: 2
        default:
            try database.run(Self.sql.number) { statement in
                try statement.bind(role.rawValue, at: 1)
                return try statement.step() ? statement.int64(0) : nil
            }
        }
    }

    /// The role of a number.
    mutating func role(_ number: Int64) throws -> Role {
        switch number {
        case 0: return .assistant
        case 1: return .user
        case 2: return .system
        default:
            if let known = known.first(where: { $0.number == number }) { return known.role }
            let role = try database.run(Self.sql.name) { statement in
                try statement.bind(number, at: 1)
                guard try statement.step() else {
                    throw ChatStorageError(.damaged, "a stored message's role is not in the table of roles")
                }
                return Role(rawValue: try statement.text(0))
            }
            known.append((number, role))
            return role
        }
    }

    /// Makes the store take a role, unless it does already.
    func insert(_ role: Role) throws {
        try database.run(Self.sql.insert) { statement in
            try statement.bind(role.rawValue, at: 1)
            _ = try statement.step()
        }
    }
}
