import Foundation
import TestSupport
import Testing

@Suite("The commands backup and check")
struct BackupCommandTests {
    private func filled() async throws -> Tool {
        let tool = try Tool()
        for text in ["one", "two"] {
            let result = try await tool.run("add", "--tenant", "t", "c", "user", text)
            #expect(result.status == 0, "\(result.errors)")
        }
        return tool
    }

    private func files(in tool: Tool) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: tool.folder.path)
            .filter { $0.hasSuffix(".db") || $0.contains("partial") }.sorted()
    }

    @Test("a copy has everything, replaces nothing unasked, and the command check finds it whole")
    func backup() async throws {
        let tool = try await filled()
        let done = try await tool.run("backup", "copy.db")
        #expect(done.status == 0 && done.output == "Backed up to copy.db.\n" && done.errors.isEmpty)
        #expect(try files(in: tool) == ["chat.db", "copy.db"])
        let copied = try await tool.run("export", "--store", "copy.db")
        #expect(try await copied.output == tool.run("export").output && copied.output.contains("two"))

        _ = try await tool.run("add", "--tenant", "t", "c", "user", "three")
        let refused = try await tool.run("backup", "copy.db")
        #expect(refused.status == 1 && refused.errors.contains("copy.db: there is a file"))
        #expect(refused.errors.contains("; --replace replaces it"))
        #expect(try await tool.run("export", "--store", "copy.db").output == copied.output)
        let replaced = try await tool.run("backup", "copy.db", "--replace", "--json")
        #expect(replaced.status == 0 && replaced.output.hasPrefix(#"{"pages": "#))
        #expect(try await tool.run("export", "--store", "copy.db").output.contains("three"))

        let checked = try await tool.run("check", "--store", "copy.db", "--json")
        let report = try JSONSerialization.jsonObject(with: Data(checked.output.utf8)) as? [String: Any]
        #expect(checked.status == 0 && report?["problem_count"] as? Int == 0 && report?["messages"] as? Int == 3)
        #expect(report?["tenants"] as? Int == 1 && report?["conversations"] as? Int == 1)
        #expect(try files(in: tool) == ["chat.db", "copy.db"])
    }

    @Test("what is no SQLite store in a file is refused, with what to do instead")
    func otherStores() async throws {
        let tool = try await filled()
        for arguments in [["backup", "x.db"], ["check"]] {
            let advice = arguments[0] == "backup" ? "pg_dump" : "amcheck"
            let other = try await tool.run(arguments + ["--store", "postgres://localhost/x"], input: Data())
            #expect(other.status == 64 && other.errors.contains(advice), "\(other.errors)")
            let missing = try await tool.run(arguments + ["--store", "none.db"], input: Data())
            #expect(missing.status == 1 && missing.errors.contains("none.db"), "\(missing.errors)")
            let tenant = try await tool.run(arguments + ["--tenant", "t"], input: Data())
            #expect(tenant.status == 64)
        }
        let nowhere = try await tool.run("backup", "no/x.db")
        #expect(nowhere.status == 1 && !nowhere.errors.isEmpty)
        #expect(try files(in: tool) == ["chat.db"])
    }

    @Test("damage is told with its place and without a text, and the status is 1")
    func damage() async throws {
        let tool = try await filled()
        try TestSQLiteConnection(path: tool.folder.path(of: "chat.db")).execute(
            "UPDATE chat_messages SET created_at_us = 1")
        let found = try await tool.run("check")
        #expect(found.status == 1 && found.output.hasPrefix("tenant t, c") && !found.output.contains("two"))
        let json = try await tool.run("check", "--json")
        let report = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        let problems = report?["problems"] as? [[String: Any]]
        #expect(json.status == 1 && report?["problem_count"] as? Int == problems?.count)
        #expect(problems?.first?["tenant"] as? String == "t" && problems?.first?["conversation_id"] as? String == "c")
    }
}
