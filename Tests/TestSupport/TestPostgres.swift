import Foundation

/// A PostgreSQL URL with one more option.
package func adding(_ option: String, to url: String) -> String {
    url + (url.contains("?") ? "&" : "?") + option
}

/// The PostgreSQL server that tests use: the one of `CHATSTORAGE_TEST_POSTGRES`, or one started for this process.
package enum TestPostgres {
    /// The server's URL.
    ///
    /// The first call starts the server if there is none; callers at once share the start.
    ///
    /// - Throws: ``PostgresServer/Failure``, which says what to do, when no server can be started.
    package static func url() async throws -> String {
        if let givenURL { return givenURL }
        return try await server.value.url
    }

    /// Calls the body with a schema's name that nobody else uses, and drops that schema afterwards.
    ///
    /// The schema does not exist yet: whoever is tested makes it.
    package static func withSchema<Result>(
        _ body: (_ url: String, _ schema: String) async throws -> Result
    ) async throws -> Result {
        let url = try await url()
        let schema = "chatstorage_test_\(UUID().uuidString.replacing("-", with: "").lowercased())"
        let result: Result
        do {
            result = try await body(url, schema)
        } catch {
            _ = try? await execute("DROP SCHEMA IF EXISTS \(schema) CASCADE")
            throw error
        }
        try await execute("DROP SCHEMA IF EXISTS \(schema) CASCADE")
        return result
    }

    /// Runs SQL on a connection of its own, past the library.
    ///
    /// - Returns: The rows of the last statement, each value as PostgreSQL's text; nil is NULL.
    /// - Throws: ``TestPostgresError``.
    @discardableResult
    package static func execute(_ sql: String) async throws -> [[String?]] {
        try await TestPostgresConnection.execute(sql, url: url())
    }

    private static let server = Task<PostgresServer, any Error> {
        try await PostgresServer()
    }

    private static var givenURL: String? {
        let url = ProcessInfo.processInfo.environment["CHATSTORAGE_TEST_POSTGRES"]
        return url?.isEmpty == true ? nil : url
    }
}
