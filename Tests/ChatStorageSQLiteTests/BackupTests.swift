import ChatStorageCore
import ChatStorageSQLite
import Foundation
import Synchronization
import TestSupport
import Testing

/// Copies of a store in use.
@Suite struct BackupTests: SQLiteSuite {
    let folder: TemporaryFolder
    private let copy: String

    init() throws {
        folder = try TemporaryFolder()
        copy = folder.path(of: "copy.db")
    }

    /// The names of the files, but for those of the store itself.
    private var files: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix("chat.db") }
                .sorted()
        }
    }

    @Test(arguments: [SQLiteBackend.Configuration.JournalMode.wal, .delete])
    func aCopyHasEverythingAndTheJournalMode(mode: SQLiteBackend.Configuration.JournalMode) async throws {
        let backend = try await open { $0.journalMode = mode }
        let text = String(repeating: "é", count: 50_000)
        for number in 0..<20 { try await backend.tenant("t").append([.user(text), .assistant("\(number)")], to: "c") }
        let steps = Mutex<[SQLiteBackend.BackupProgress]>([])
        let done = try await backend.backup(to: copy) { step in steps.withLock { $0.append(step) } }
        let seen = steps.withLock(\.self)
        #expect(seen.count > 1 && seen.last == done && done.copiedPages == done.pages)
        #expect(seen.map(\.copiedPages) == seen.map(\.copiedPages).sorted())
        #expect(try files == ["copy.db"])
        #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o600)

        let stored = try await backend.tenant("t").messages(of: "c", limit: 100)
        try await backend.close()
        let restored = try await SQLiteBackend(path: copy)
        #expect(try await restored.tenant("t").messages(of: "c", limit: 100) == stored)
        #expect(try await restored.check().problems == [])
        try await restored.close()
        #expect(try TestSQLiteConnection(path: copy).execute("PRAGMA journal_mode") == [[mode.rawValue]])
        #expect(try files == ["copy.db"])
    }

    @Test func aFileThatIsThereIsReplacedOnlyOnRequest() async throws {
        let backend = try await open()
        try await backend.append(.user("new"), to: "c")
        try Data("old".utf8).write(to: URL(fileURLWithPath: copy))
        await expectError(.invalidArgument) { try await backend.backup(to: copy) }
        #expect(try String(contentsOfFile: copy, encoding: .utf8) == "old")
        #expect(try files == ["copy.db"])
        try await backend.backup(to: copy, replacing: true)
        let restored = try await SQLiteBackend(path: copy)
        #expect(try await restored.messages(of: "c").map(\.content) == ["new"])
        try await restored.close()
        try await backend.close()
    }

    @Test func whatCannotBeTheCopysPlaceIsRefused() async throws {
        let backend = try await open()
        let taken = folder.path(of: "folder")
        try FileManager.default.createDirectory(atPath: taken, withIntermediateDirectories: false)
        let paths = [
            path, path + "-wal", path + "-journal", "\(folder.path)/./chat.db", folder.path(of: "missing/copy.db"),
            taken, "", ":memory:",
            folder.path(of: String(repeating: "x", count: 300)), folder.path(of: String(repeating: "x", count: 250)),
        ]
        for path in paths {
            for replaces in [false, true] {
                await expectError(.invalidArgument) { try await backend.backup(to: path, replacing: replaces) }
            }
        }
        #expect(try files == ["folder"])
        try Data("log".utf8).write(to: URL(fileURLWithPath: copy + "-wal"))
        await expectError(.invalidArgument) { try await backend.backup(to: copy) }
        try await backend.close()
        await expectError(.closed) { try await backend.backup(to: copy) }
        let missing = try await SQLiteBackend(path: folder.path(of: "none.db"))
        await expectError(.notPrepared) { try await missing.backup(to: copy) }
        try await missing.close()
        #expect(try files == ["copy.db-wal", "folder"])
    }

    @Test func aCancelledCopyLeavesNothing() async throws {
        let backend = try await open()
        let text = String(repeating: "x", count: 1 << 20)
        for _ in 0..<8 { try await backend.append(.user(text), to: "c") }
        let (copy, began) = (copy, AsyncStream.makeStream(of: Void.self))
        let work = Task {
            try await backend.backup(to: copy) { step in
                guard step.copiedPages < step.pages else { return }
                began.continuation.yield()
                // The copy waits for this closure, so it is still under way when it is cancelled.
                while !Task.isCancelled, !FileManager.default.fileExists(atPath: copy + ".go") {}
            }
        }
        for await _ in began.stream { break }
        #expect(try files.count == 1)
        work.cancel()
        try Data().write(to: URL(fileURLWithPath: copy + ".go"))
        await #expect(throws: CancellationError.self) { try await work.value }
        #expect(try files == ["copy.db.go"])
        #expect(try await backend.append(.user("after"), to: "c").sequence == 9)
        try await backend.close()
    }

    @Test func writesDuringTheCopyWaitForNothingAndAreNotInIt() async throws {
        let backend = try await open()
        let text = String(repeating: "x", count: 1 << 20)
        for _ in 0..<8 { try await backend.append(.user(text), to: "c") }
        let (copy, began) = (copy, AsyncStream.makeStream(of: Void.self))
        let work = Task {
            try await backend.backup(to: copy) { step in
                guard step.copiedPages < step.pages else { return }
                began.continuation.yield()
                while !FileManager.default.fileExists(atPath: copy + ".go") {}
            }
        }
        for await _ in began.stream { break }
        // Another process's write makes SQLite begin a copy again unless the copy is in a transaction.
        let other = try TestSQLiteConnection(path: path)
        try other.execute("PRAGMA wal_autocheckpoint = 0; UPDATE chat_messages SET created_at_us = created_at_us")
        #expect(try await backend.append(.user("during"), to: "c").sequence == 9)
        try Data().write(to: URL(fileURLWithPath: copy + ".go"))
        _ = try await work.value
        let restored = try await SQLiteBackend(path: copy)
        #expect(try await restored.messages(of: "c", limit: 100).map(\.sequence) == Array(1...8))
        try await restored.close()
        try await backend.close()
    }

    @Test func aStoreOfAnotherSchemaVersionIsCopiedToo() async throws {
        try await open().close()
        try TestSQLiteConnection(path: path).execute(
            "UPDATE chat_storage_schema SET schema_version = 9, minimum_schema_version = 9")
        let backend = try await SQLiteBackend(path: path)
        await expectError(.schemaTooNew) { try await backend.conversations(limit: 1).count }
        try await backend.backup(to: copy)
        try await backend.close()
        #expect(
            try TestSQLiteConnection(path: copy).execute("SELECT schema_version FROM chat_storage_schema") == [["9"]])
    }
}
