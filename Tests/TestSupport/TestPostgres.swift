import Foundation

/// The PostgreSQL server that tests use: the one of `CHATSTORAGE_TEST_POSTGRES`, or one started for this process.
package enum TestPostgres {
    /// The server's URL.
    ///
    /// The first call starts the server if there is none; callers at once share the start.
    ///
    /// - Throws: ``ThrowawayPostgres/StartFailure``, which says what to do, when no server can be started.
    package static func url() async throws -> String {
        try await server.value
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
        let url = try await url()
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try TestPostgresConnection(url: url).execute(sql) })
            }
        }
    }

    private static let server = Task<String, any Error> {
        if let url = ProcessInfo.processInfo.environment["CHATSTORAGE_TEST_POSTGRES"], !url.isEmpty { return url }
        return try await ThrowawayPostgres.start()
    }
}
