import Foundation

/// The statements of the documentation's page on privileges, for a schema and roles of a test's own.
package struct DocumentedPrivileges: Sendable {
    package let schema: String
    package let owner: String
    package let application: String
    /// What makes the schema and the roles.
    package let roles: String
    /// What the application needs, one statement for each.
    package let grants: [String]
    /// What makes the tables, by the version that needs it.
    package let versions: [String]

    package init(schema: String) throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../Sources/ChatStoragePostgres/Documentation.docc/Privileges.md")
        let names = (owner: "owner_\(schema)", application: "app_\(schema)")
        let blocks = try String(contentsOf: page, encoding: .utf8).split(separator: "```sql\n").dropFirst()
            .compactMap { $0.split(separator: "```").first }
            .map { block in
                String(block).replacing("chat_owner", with: names.owner).replacing("chat_app", with: names.application)
                    .replacing("SCHEMA chat ", with: "SCHEMA \(schema) ").replacing(" chat.", with: " \(schema).")
            }
        self.schema = schema
        (owner, application) = names
        roles = blocks[0]
        grants = blocks[1].split(separator: "\n").map(String.init)
        versions = Array(blocks[2...])
    }

    /// Calls the body with the tables made by their owner and the rights granted, all by the statements of the page.
    ///
    /// - Parameter body: Gets the URL of the application's connections.
    package static func withTables(
        _ body: (_ url: String, _ privileges: DocumentedPrivileges) async throws -> Void
    ) async throws {
        try await withRoles { url, privileges in
            for statements in privileges.versions + privileges.grants {
                try await privileges.executeAsOwner(statements)
            }
            try await body(url, privileges)
        }
    }

    /// Calls the body with the roles and an empty schema.
    ///
    /// - Parameter body: Gets the URL of the application's connections.
    package static func withRoles(
        _ body: (_ url: String, _ privileges: DocumentedPrivileges) async throws -> Void
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            let privileges = try DocumentedPrivileges(schema: schema)
            try await TestPostgres.execute(privileges.roles)
            let result: Result<Void, any Error>
            do {
                try await body(url + (url.contains("?") ? "&" : "?") + "user=\(privileges.application)", privileges)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            let names = "\(privileges.application), \(privileges.owner)"
            try await TestPostgres.execute("DROP OWNED BY \(names) CASCADE; DROP ROLE \(names)")
            try result.get()
        }
    }

    /// Runs statements of the page as whoever owns the tables.
    package func executeAsOwner(_ statements: String) async throws {
        try await TestPostgres.execute("SET ROLE \(owner); \(statements)")
    }
}
