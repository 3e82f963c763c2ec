import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

/// libpq's buffers, which grow to the largest value that went through them.
@Suite(.timeLimit(.minutes(5))) struct LargeValueTests {
    @Test func aConnectionThatHasCarriedALargeValueIsReplaced() async throws {
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(adding("application_name=\(schema)", to: url), schema) { $0.connections = 1 })
            func sessions() async throws -> [[String?]] {
                try await TestPostgres.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name = '\(schema)'")
            }
            try await backend.prepare()
            let first = try await sessions()
            #expect(first.count == 1)
            // A page of more than 4 MiB keeps the connection if its rows are small.
            let small = String(repeating: "x", count: 1 << 20)
            for _ in 0..<6 { try await backend.append(.user(small), to: "small") }
            #expect(try await backend.messages(of: "small").count == 6)
            #expect(try await sessions() == first)

            try await backend.append(.user(String(repeating: "x", count: 5 << 20)), to: "large")
            try await waitUntil { try await sessions().isEmpty }
            #expect(try await backend.conversation("large")?.lastSequence == 1)
            let second = try await sessions()
            #expect(second.count == 1 && second != first)
            #expect(try await backend.messages(of: "large").first?.content.utf8.count == 5 << 20)
            try await waitUntil { try await sessions().isEmpty }
            try await backend.close()
        }
    }
}
