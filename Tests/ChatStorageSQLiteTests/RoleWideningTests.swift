import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// Stores that take more roles: a row for each, which `prepare()` adds.
@Suite struct RoleWideningTests: SQLiteSuite {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(_ roles: RoleSet) async throws -> SQLiteBackend {
        var configuration = SQLiteBackend.Configuration(path: path)
        configuration.roles = roles
        return try await SQLiteBackend(configuration)
    }

    private func names() throws -> [[String?]] { try execute("SELECT name FROM chat_roles ORDER BY name") }

    private static let all = [["assistant"], ["developer"], ["system"], ["tool"], ["user"]]

    @Test func manyWidenAtOnceBesideAWriter() async throws {
        let narrow = try await open(.standard)
        try await narrow.prepare()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...12 {
                group.addTask { try await narrow.append(.user("\(number)"), to: "plain") }
                group.addTask {
                    let wide = try await open(.withTools)
                    try await wide.prepare()
                    try await wide.append(.developer("\(number)"), to: "c")
                    try await wide.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(try names() == Self.all)
        #expect(try await narrow.messages(of: "c").map(\.role) == Array(repeating: .developer, count: 12))
        #expect(try await narrow.conversation("plain")?.lastSequence == 12)
        try await narrow.close()
    }

    /// Another process has added one of them, and not committed yet.
    @Test(arguments: ["COMMIT", "ROLLBACK"]) func itWaitsForAnotherProcess(end: String) async throws {
        try await open(.standard).prepare()
        let other = try TestSQLiteConnection(path: path)
        try other.execute("BEGIN IMMEDIATE; INSERT INTO chat_roles (name) VALUES ('tool')")
        let wide = try await open(.withTools)
        let preparing = Task { try await wide.prepare() }
        try other.execute(end)
        try await preparing.value
        #expect(try names() == Self.all)
        try await wide.append(.tool([]), to: "c")
        try await wide.close()
    }

    @Test func oneThatAnotherProgramAddedKeepsItsNumber() async throws {
        try await open(.standard).prepare()
        try execute("INSERT INTO chat_roles VALUES (3, 'critic'), (7, 'tool')")
        let wide = try await open(.withTools)
        await expectError(.notPrepared) { try await wide.history(of: "c") }
        try await wide.prepare()
        try await wide.append([.tool([]), .developer("two"), .tool([])], to: "c")
        try execute("UPDATE chat_messages SET role = 3 WHERE sequence = 2")
        #expect(try execute("SELECT role FROM chat_messages ORDER BY sequence") == [["7"], ["3"], ["7"]])
        #expect(try await wide.messages(of: "c").map(\.role) == [.tool, Role(rawValue: "critic"), .tool])
        try await wide.close()
    }

    @Test func aStoreThatLostOneIsNotPrepared() async throws {
        let wide = try await open(.withTools)
        try await wide.prepare()
        try await wide.append(.user("one"), to: "c")
        try execute("DELETE FROM chat_roles WHERE name = 'tool'")
        await expectError(.notPrepared) { try await wide.append([.user("two"), .tool([])], to: "c") }
        try await open(.withTools).prepare()
        #expect(try await wide.messages(of: "c").count == 1)
        try await wide.append(.tool([]), to: "c")
        try await wide.close()
    }
}
