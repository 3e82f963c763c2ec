import TestSupport
import Testing

@Suite struct TestServerTests {
    @Test func answersAndForgetsTheSchema() async throws {
        let name = try await TestPostgres.withSchema { _, schema in
            try await TestPostgres.execute("CREATE SCHEMA \(schema)")
            return schema
        }
        let rows = try await TestPostgres.execute("SELECT to_regnamespace('\(name)')")
        #expect(rows == [[nil]])
        await #expect { try await TestPostgres.execute("SELECT 1/0") } throws: { error in
            (error as? TestPostgresError)?.sqlState == "22012"
        }
    }
}
