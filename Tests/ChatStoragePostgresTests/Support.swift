import ChatStorageCore
import Synchronization
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// The configuration of a backend on a schema of the test's own.
func configuration(_ url: String, _ schema: String) -> PostgresBackend.Configuration {
    var configuration = PostgresBackend.Configuration(url: url)
    configuration.schema = schema
    configuration.connections = 3
    return configuration
}

/// The same, changed.
func configuration(
    _ url: String, _ schema: String, _ adjust: (inout PostgresBackend.Configuration) -> Void
) -> PostgresBackend.Configuration {
    var configuration = configuration(url, schema)
    adjust(&configuration)
    return configuration
}

/// Sets timeouts that are longer than a busy machine takes to see what waits for a lock.
func setLongTimeouts(of configuration: inout PostgresBackend.Configuration) {
    configuration.lockTimeout = .seconds(60)
    configuration.statementTimeout = .seconds(90)
    configuration.callTimeout = .seconds(100)
}

/// Calls the body with a prepared backend on a schema of its own.
func withBackend(
    _ adjust: (inout PostgresBackend.Configuration) -> Void = { _ in },
    _ body: (PostgresBackend, _ schema: String) async throws -> Void
) async throws {
    try await TestPostgres.withSchema { url, schema in
        let backend = try await PostgresBackend(configuration(url, schema, adjust))
        try await backend.prepare()
        try await body(backend, schema)
        try await backend.close()
    }
}

/// The same without the schema's name.
func withBackend(
    _ adjust: (inout PostgresBackend.Configuration) -> Void = { _ in },
    _ body: (PostgresBackend) async throws -> Void
) async throws {
    try await withBackend(adjust) { backend, _ in try await body(backend) }
}

/// How many sessions wait for a lock in a statement on a schema.
func lockWaits(_ schema: String) async throws -> Int {
    try await TestPostgres.execute(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%\(schema)%'"
    ).count
}

/// A count that many tasks share, which a local `Mutex` cannot be.
final class Counter: Sendable {
    let count = Mutex(0)
}

extension Statements {
    /// Every statement, from the object's properties, so that none can be forgotten.
    var all: [PreparedSQL] {
        Mirror(reflecting: self).children.flatMap { child -> [PreparedSQL] in
            if let forms = child.value as? MessageStatement { return [forms.lean, forms.rich] }
            if let statement = child.value as? PreparedSQL { return [statement] }
            if let pages = child.value as? MessagePages { return pages.statements }
            #expect(["isDistributed", "conversations", "messages"].contains(child.label), "\(child)")
            return []
        }
    }
}

extension MessagePages {
    var statements: [PreparedSQL] { [all, finished, given].flatMap { [$0.last, $0.before, $0.after] } }
}
