import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// A check of a file names each damage, and finds none in what the library writes.
@Suite struct CheckTests: SQLiteSuite {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// 1 to 4 follow one another; 5 follows 2, 6 follows 5 and 7 follows 6; 8 follows 2 and has parts; 7 is the head.
    private func withStore(
        after sql: String, _ body: (SQLiteBackend.CheckReport) async throws -> Void
    ) async throws {
        let backend = try await open { $0.roles = .withTools }
        let chats = backend.tenant("t")
        try await chats.append((1...4).map { .user("\($0)") }, to: "c")
        try await chats.append(NewMessages((5...7).map { .user("\($0)") }, to: "c", .after(2)))
        let parts = ChatMessage(role: .tool, parts: [.toolResult(callID: "x", output: "secret")], metadata: ["a": 1])
        try await chats.append(NewMessages([parts], to: "c", .insteadOf(5), movesHead: false))
        try await chats.updateConversation("c", .adding(label: "pinned").adding(label: "work"))
        try await chats.append([.user("plain"), .assistant("plain")], to: "plain")
        try await chats.updateConversation(
            "plain", .metadata(.replacing(with: ["long": .string(String(repeating: "m", count: 2_000))])))
        // Foreign keys are a connection's own matter.
        try TestSQLiteConnection(path: path).execute(
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; \(sql)")
        try await body(try await backend.check())
        try await backend.close()
    }

    @Test func aSoundStoreHasNoProblem() async throws {
        try await withStore(after: "SELECT 1") { report in
            #expect(report.problems == [] && report.problemCount == 0 && report.isComplete)
            #expect(report.tenants == 1 && report.conversations == 2 && report.messages == 10)
            #expect(report.schemaVersion == 1)
        }
    }

    @Test(arguments: [
        ("UPDATE chat_messages SET parent = 9 WHERE sequence = 5", "tree", 5),
        ("UPDATE chat_messages SET parent = -1 WHERE sequence = 5", "tree", 5),
        ("UPDATE chat_messages SET parent = 3 WHERE sequence = 4", "tree", 4),
        (
            "UPDATE conversations SET head = 6 WHERE conversation_id = 'c'; DELETE FROM chat_messages WHERE sequence = 6",
            "tree", 0
        ),
        ("UPDATE conversations SET head = 8 WHERE conversation_id = 'c'", "tree", 0),
        ("UPDATE conversations SET head = -1 WHERE conversation_id = 'c'", "conversation", 0),
        ("UPDATE conversations SET details = 0 WHERE conversation_id = 'c'", "tree", 0),
        ("UPDATE conversations SET details = 1 WHERE conversation_id = 'plain'", "tree", 0),
        ("UPDATE chat_messages SET state = 'odd', revision = 1 WHERE sequence = 6", "message", 6),
        ("UPDATE chat_messages SET state = 'streaming', revision = 0 WHERE sequence = 6", "message", 6),
        ("UPDATE chat_messages SET parts = '{' WHERE sequence = 8", "message", 8),
        ("UPDATE chat_messages SET metadata = '[]' WHERE sequence = 8", "message", 8),
        ("UPDATE chat_messages SET role = 99 WHERE sequence = 3", "message", 3),
        ("UPDATE chat_messages SET created_at_us = 1 WHERE sequence = 3", "message", 3),
        ("UPDATE chat_messages SET content = CAST(x'ff' AS TEXT) WHERE sequence = 3", "message", 3),
        ("DELETE FROM chat_messages WHERE sequence = 4", "conversation", 0),
        ("UPDATE conversations SET last_sequence = 5 WHERE conversation_id = 'c'", "message", 6),
        ("UPDATE conversations SET removed_count = 1 WHERE conversation_id = 'plain'", "conversation", 0),
        ("UPDATE conversations SET updated_at_us = 0 WHERE conversation_id = 'plain'", "conversation", 0),
        ("UPDATE conversations SET labels = '{}' WHERE conversation_id = 'c'", "conversation", 0),
        ("UPDATE conversations SET metadata = 'x', details = 0 WHERE conversation_id = 'plain'", "conversation", 0),
        ("DELETE FROM conversation_metadata", "conversation", 0),
        ("UPDATE conversations SET metadata = NULL WHERE conversation_id = 'plain'", "metadata", 0),
        ("DELETE FROM conversation_labels WHERE label = 'work'", "labels", 0),
        ("UPDATE conversation_labels SET updated_at_us = 5 WHERE label = 'work'", "labels", 0),
        ("DELETE FROM conversations WHERE conversation_id = 'plain'", "foreignKey", 0),
        ("UPDATE conversations SET details = NULL WHERE conversation_id = 'c'", "file", 0),
        ("DELETE FROM chat_storage_schema", "schema", 0),
        ("UPDATE chat_storage_schema SET schema_version = 7, minimum_schema_version = 7", "schema", 0),
    ])
    func findsDamage(sql: String, kind: String, sequence: Int64) async throws {
        try await withStore(after: sql) { report in
            let found = report.problems.filter { $0.kind.description == kind && $0.sequence ?? 0 == sequence }
            #expect(!found.isEmpty, "\(report.problems)")
            #expect(report.problemCount == report.problems.count && report.isComplete == (kind != "schema"))
            for problem in report.problems {
                #expect(!problem.message.contains("secret") && !problem.message.contains("plain"))
                if problem.conversationID != nil { #expect(problem.tenant == "t") }
            }
        }
    }

    @Test func aDamagedPageIsAProblemAndNotAnError() async throws {
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        for number in 0..<200 { try await backend.append(.user(String(repeating: "x", count: 500)), to: "c\(number)") }
        try await backend.close()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: 4096 * 20)
        try file.write(contentsOf: Data(repeating: 0xaa, count: 4096 * 10))
        try file.close()
        let damaged = try await SQLiteBackend(path: path)
        let report = try await damaged.check()
        #expect(report.problems.contains { $0.kind == .file } && report.problemCount > 0)
        try await damaged.close()
        try Data("no database at all, but long enough to be taken for one".utf8).write(to: URL(fileURLWithPath: path))
        let nonsense = try await SQLiteBackend(path: path)
        await expectError(.damaged) { try await nonsense.check().problemCount }
        try await nonsense.close()
    }
}
