import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// Roles are rows of a table, which other programs can add to.
@Suite struct RoleTests: SQLiteSuite {
    let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder()
        backend = try await folder.openStore()
        try await backend.append([.user("one"), .assistant("two"), .init(role: .system, content: "three")], to: "c")
    }

    @Test func thoseOfEveryStoreHaveTheirNumbers() async throws {
        #expect(
            try execute("SELECT m.role, r.name FROM chat_messages m JOIN chat_roles r USING (role) ORDER BY sequence")
                == [["1", "user"], ["0", "assistant"], ["2", "system"]])
        #expect(try await backend.messages(of: "c").map(\.role) == [.user, .assistant, .system])
        try await backend.close()
    }

    @Test(arguments: ["tool", "User", "user ", "", "e\u{301}", "\u{e9}", "a'b"])
    func anotherIsReadByItsName(name: String) async throws {
        let literal = name.replacing("'", with: "''")
        try execute(
            "INSERT INTO chat_roles VALUES (7, '\(literal)'); UPDATE chat_messages SET role = 7 WHERE sequence = 2")
        let roles = try await backend.messages(of: "c").map(\.role)
        #expect(roles == [.user, Role(rawValue: name), .system])
        #expect(
            try execute("SELECT role FROM readable_messages WHERE sequence = 2").map { $0[0].map { Array($0.utf8) } }
                == [
                    Array(name.utf8)
                ])
        try await backend.close()
    }

    @Test(arguments: ["INSERT INTO chat_roles VALUES (7, CAST(x'ff' AS TEXT))", "SELECT 1"])
    func oneThatHasNoNameIsDamaged(sql: String) async throws {
        try execute("PRAGMA foreign_keys = OFF; \(sql); UPDATE chat_messages SET role = 7 WHERE sequence = 2")
        await expectError(.damaged) { try await backend.messages(of: "c") }
        #expect(try await backend.messages(of: "c", .after(2), limit: 9).map(\.content) == ["three"])
        try await backend.close()
    }
}
