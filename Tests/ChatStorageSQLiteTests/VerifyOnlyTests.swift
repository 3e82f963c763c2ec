import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// A store that is only verified: nothing is made, and nothing changed.
@Suite struct VerifyOnlyTests: SQLiteSuite {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func whereThereIsNoFileNoneIsMade() async throws {
        let backend = try await SQLiteBackend(path: path)
        await expectError(.notPrepared) { try await backend.prepare(.verify) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        // It can be prepared all the same, by this store or another.
        try await backend.prepare()
        try await backend.append(.user("one"), to: "c")
        try await backend.close()
    }

    @Test(arguments: ["", "CREATE TABLE app (id INTEGER)"])
    func aFileWithoutTheTablesStaysAsItIs(sql: String) async throws {
        try TestSQLiteConnection(path: path).execute(sql)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let backend = try await SQLiteBackend(path: path)
        await expectError(.notPrepared) { try await backend.prepare(.verify) }
        try await backend.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func aCurrentFileIsReadyAfterwards() async throws {
        let first = try await SQLiteBackend(path: path)
        try await first.prepare()
        try await first.append(.user("one"), to: "c")
        try await first.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare(.verify)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try await backend.append(.user("two"), to: "c").sequence == 2)
        try await backend.close()
        await expectError(.closed) { try await backend.prepare(.verify) }
    }
}
