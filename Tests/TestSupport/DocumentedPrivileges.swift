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
    /// What makes the store take the roles of chats with tools.
    package let widening: String
    /// What makes the tables, by the version that needs it.
    package let versions: [String]

    package init(schema: String) throws {
        let page = TestedPackage.url(of: "Sources/ChatStoragePostgres/Documentation.docc/Privileges.md")
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
        widening = blocks[2]
        versions = Array(blocks[3...])
    }

    /// Calls the body with the tables made by their owner and the rights granted, all by the statements of the page.
    ///
    /// Without an installed server it is not called, and the reason is printed.
    package static func withTables(
        _ body: (_ server: PostgresServer, _ privileges: DocumentedPrivileges) async throws -> Void
    ) async throws {
        try await withRoles { server, privileges in
            for statements in privileges.versions + privileges.grants {
                try await privileges.executeAsOwner(statements, on: server)
            }
            try await body(server, privileges)
        }
    }

    /// Calls the body with the roles and an empty schema.
    ///
    /// Without an installed server it is not called, and the reason is printed.
    package static func withRoles(
        _ body: (_ server: PostgresServer, _ privileges: DocumentedPrivileges) async throws -> Void
    ) async throws {
        guard let server = try await server.value else { return }
        let name = "chat_\(UUID().uuidString.replacing("-", with: "").lowercased())"
        let privileges = try DocumentedPrivileges(schema: name)
        try await server.execute(privileges.roles)
        try await body(server, privileges)
    }

    /// Runs statements of the page as whoever owns the tables.
    package func executeAsOwner(_ statements: String, on server: PostgresServer) async throws {
        try await server.execute("SET ROLE \(owner); \(statements)")
    }

    /// One server for all tests, which ends with this process.
    ///
    /// Roles belong to a whole server, so tests must not make them on somebody else's.
    private static let server = Task { try await PostgresServer.ifInstalled() }
}
