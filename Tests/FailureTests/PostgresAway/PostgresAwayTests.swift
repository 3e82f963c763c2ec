import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// What becomes of calls while their server is away: one test at a time, as each makes servers and keeps them busy.
@Suite("PostgreSQL goes away", .serialized, .timeLimit(.minutes(30))) struct PostgresAwayTests {
    /// The schema of tests that have a server of their own.
    static let schema = "away"

    /// Makes a store on a server, and opens it.
    static func open(
        _ url: String, schema: String = Self.schema, _ adjust: (inout PostgresBackend.Configuration) -> Void = { _ in }
    ) async throws -> PostgresBackend {
        var configuration = PostgresBackend.Configuration(url: url)
        configuration.schema = schema
        adjust(&configuration)
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        return backend
    }
}
