import ChatStorageCore

/// The tenants that have conversations, by the bytes of their names.
struct TenantList {
    struct Statements: Sendable {
        /// ?1 a tenant.
        let others = SQL("SELECT count(DISTINCT nullif(tenant, ?1)) FROM conversations")
        let anyAfter = SQL("SELECT 1 FROM conversations WHERE tenant > ?1 LIMIT 1")
        /// ?1 the name with which they begin, ?2 how many.
        let from = Self.counting("tenant >= ?1")
        /// ?1 the name after which they begin, ?2 how many.
        let after = Self.counting("tenant > ?1")

        /// A tenant's rows are together in the index, so a page reads only its own tenants' rows.
        ///
        /// It uses `total`, which unlike `sum` does not fail, whatever a damaged row says.
        private static func counting(_ range: SQLText) -> SQL {
            SQL(
                """
                SELECT tenant, count(*), total(last_sequence - coalesce(removed_count, 0))
                FROM conversations INDEXED BY conversations_recency
                WHERE \(range) GROUP BY tenant ORDER BY tenant LIMIT ?2
                """)
        }
    }

    static let sql = Statements()

    let database: Database

    /// Reads a page, in the caller's snapshot.
    func page(_ query: TenantQuery) throws -> TenantPage {
        let tenants = try database.run(query.after == nil ? Self.sql.from : Self.sql.after) { statement in
            try statement.bind(query.after ?? "", at: 1)
            try statement.bind(Int64(query.limit), at: 2)
            return try statement.rows { row in
                let name = try row.text(0)
                return TenantSummary(
                    name: name.isEmpty ? nil : name, conversations: Int(row.int64(1)), messages: Int(row.int64(2)))
            }
        }
        guard let last = tenants.last else { return TenantPage(items: [], next: nil) }
        let name = last.name ?? ""
        return TenantPage(items: tenants, next: try hasAny(after: name) ? name : nil)
    }

    private func hasAny(after name: String) throws -> Bool {
        try database.run(Self.sql.anyAfter) { statement in
            try statement.bind(name, at: 1)
            return try statement.step()
        }
    }

    /// How many there are, not counting one of them.
    func count(besides tenant: String) throws -> Int {
        try database.run(Self.sql.others) { statement in
            try statement.bind(tenant, at: 1)
            return try statement.step() ? Int(statement.int64(0)) : 0
        }
    }
}
