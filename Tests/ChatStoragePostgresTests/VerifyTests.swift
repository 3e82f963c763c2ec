import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// `prepare(.verify)`, which only looks.
@Suite struct VerifyTests {
    private func relations(_ schema: String) async throws -> [[String?]] {
        try await TestPostgres.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('\(schema)') ORDER BY 1")
    }

    @Test func whatIsMissingIsNotMade() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await open(url, schema)
            await expectError(.notPrepared) { try await backend.prepare(.verify) }
            #expect(try await TestPostgres.execute("SELECT to_regnamespace('\(schema)')") == [[nil]])
            try await TestPostgres.execute("CREATE SCHEMA \(schema)")
            await expectError(.notPrepared) { try await backend.prepare(.verify) }
            #expect(try await relations(schema).isEmpty)
            try await backend.prepare(.migrate)
            try await backend.prepare(.verify)
            try await backend.append(.user("x"), to: "c")
            try await backend.close()
        }
    }

    @Test func whatIsOldIsNotMigratedAndWhatIsNewIsRefused() async throws {
        try await TestPostgres.withSchema { url, schema in
            let maker = try await open(url, schema)
            try await maker.prepare()
            let before = try await relations(schema)
            let next = try await open(url, schema, and: .languages)
            await expectError(.notPrepared) { try await next.prepare(.verify) }
            #expect(try await relations(schema) == before)
            #expect(try await versions(schema) == [["1", "1"]])

            let another = try await open(url, schema, and: .withoutKeys)
            try await another.prepare()
            try await another.prepare(.verify)
            // It looks anew, although it found the tables before.
            await expectError(.schemaTooNew) { try await maker.prepare(.verify) }
            for backend in [maker, next, another] { try await backend.close() }
            await expectError(.closed) { try await maker.prepare(.verify) }
        }
    }

    @Test func tablesThatWentAwayAreNoticed() async throws {
        try await withBackend { backend in
            try await backend.prepare(.verify)
        }
        try await TestPostgres.withSchema { url, schema in
            let backend = try await open(url, schema)
            try await backend.prepare()
            try await TestPostgres.execute("DROP SCHEMA \(schema) CASCADE")
            await expectError(.notPrepared) { try await backend.prepare(.verify) }
            try await backend.close()
        }
    }
}
