import TestSupport
import Testing

/// Many processes that find no store and make it, all at once.
@Suite struct ConcurrentProcessesTests {
    @Test(.enabled(if: try TestBackends.sqlite.isSelected()))
    func makeOneSQLiteStore() async throws {
        let tool = try Tool()
        for round in 0..<5 { try await addAtOnce(to: "sqlite:round-\(round).db", with: tool) }
    }

    @Test(.enabled(if: try TestBackends.postgres.isSelected()))
    func makeOnePostgresStore() async throws {
        let tool = try Tool()
        for _ in 0..<3 {
            try await TestPostgres.withSchema { url, schema in
                // Without a schema to find, the library's tables would be made in the database's own.
                try await TestPostgres.execute("CREATE SCHEMA \(schema)")
                let separator = url.contains("?") ? "&" : "?"
                try await addAtOnce(to: "\(url)\(separator)options=-csearch_path%3D\(schema)", with: tool)
            }
        }
    }

    /// Each process prepares the store and adds a message to a conversation that none has made yet.
    private func addAtOnce(to store: String, with tool: Tool) async throws {
        let processes = 8
        let results = try await withThrowingTaskGroup(of: Tool.Result.self) { group in
            for number in 1...processes {
                group.addTask { try await tool.run("add", "--store", store, "one", "user", "from \(number)") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for result in results { #expect(result.status == 0, "\(result.errors)") }
        let shown = try await tool.run("show", "one", "--json", "--store", store)
        for number in 1...processes {
            #expect(shown.output.contains("from \(number)"), "\(shown.output)\(shown.errors)")
            #expect(shown.output.contains("\"id\": \(number),"), "\(shown.output)\(shown.errors)")
        }
    }
}
