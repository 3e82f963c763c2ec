import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// A file that somebody removes or replaces while a store has it open: nothing is acknowledged that nobody finds again.
@Suite(.timeLimit(.minutes(2))) struct MovedFileTests {
    private let folder: TemporaryFolder
    private let path: String
    private let files = FileManager.default

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path(of: "chat.db")
    }

    private func open(
        _ name: String = "chat.db", _ mode: SQLiteBackend.Configuration.JournalMode = .wal
    ) async throws -> SQLiteBackend {
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: name))
        configuration.journalMode = mode
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        return backend
    }

    /// Makes another store, which is closed, and puts it in the place of the first.
    private func replace(_ mode: SQLiteBackend.Configuration.JournalMode = .wal) async throws {
        let other = try await open("other.db", mode)
        try await other.append(.user("other"), to: "c")
        try await other.close()
        for suffix in ["-wal", "-shm"] { try? files.removeItem(atPath: path + suffix) }
        #expect(rename(folder.path(of: "other.db"), path) == 0)
    }

    /// Reads need not notice at once.
    private func expectReadsAreRefused(_ backend: SQLiteBackend) async throws {
        try await waitUntil {
            do {
                _ = try await backend.messages(of: "c", limit: 1)
                return false
            } catch let error as ChatStorageError {
                #expect(error.code == .accessDenied && !error.isRetryable)
                return true
            }
        }
        await expectError(.accessDenied) { try await backend.messages(of: "c", limit: 1_000) }
        await expectError(.accessDenied) { try await backend.conversations(limit: 10) }
    }

    private func expectWritesAreRefused(_ backend: SQLiteBackend) async {
        for _ in 0..<2 {
            let error = await #expect(throws: ChatStorageError.self) {
                try await backend.append(.user("lost"), to: "c")
            }
            #expect(error?.code == .accessDenied && error?.isRetryable == false && error?.writeOutcome == nil)
        }
        await expectError(.accessDenied) { try await backend.createConversation("new") }
        await expectError(.accessDenied) { try await backend.append(.user("lost"), to: "missing", if: .exists) }
    }

    @Test(arguments: [SQLiteBackend.Configuration.JournalMode.wal, .delete])
    func aFileThatWasRemovedTakesNoWrites(mode: SQLiteBackend.Configuration.JournalMode) async throws {
        let backend = try await open("chat.db", mode)
        try await backend.append(.user("one"), to: "c")
        #expect(try await backend.history(of: "c") == [.user("one")])
        for name in try files.contentsOfDirectory(atPath: folder.path) {
            try files.removeItem(atPath: folder.path(of: name))
        }
        await expectWritesAreRefused(backend)
        try await expectReadsAreRefused(backend)
        try await backend.close()
        #expect(try files.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test(arguments: [SQLiteBackend.Configuration.JournalMode.wal, .delete])
    func aReaderIsNotOpenedToAnotherFileThanTheWriter(mode: SQLiteBackend.Configuration.JournalMode) async throws {
        let backend = try await open("chat.db", mode)
        try await backend.append(.user("one"), to: "c")
        try await replace(mode)
        await expectError(.accessDenied) { try await backend.history(of: "c") }
        await expectWritesAreRefused(backend)
        try await backend.close()
        #expect(try await open("chat.db", mode).history(of: "c") == [.user("other")])
    }

    @Test func theWriterIsNotOpenedToAnotherFileThanAReader() async throws {
        let first = try await open()
        try await first.append(.user("one"), to: "c")
        try await first.close()
        let backend = try await open()
        #expect(try await backend.history(of: "c") == [.user("one")])
        try await replace()
        await expectWritesAreRefused(backend)
        try await expectReadsAreRefused(backend)
        try await backend.close()
        #expect(try await open().history(of: "c") == [.user("other")])
    }

    @Test func closingLeavesTheFilesOfTheNewStoreAlone() async throws {
        let old = try await open()
        try await old.append(.user("one"), to: "c")
        try await replace()
        let new = try await open()
        try await new.append(.user("more"), to: "c")
        await expectWritesAreRefused(old)
        try await old.close()
        #expect(files.fileExists(atPath: path + "-wal"))
        #expect(
            try TestSQLiteConnection(path: path).execute("SELECT content FROM chat_messages") == [["other"], ["more"]])
        try await new.close()
    }

    @Test func aFileThatIsPutBackIsUsedAgain() async throws {
        let backend = try await open()
        try await backend.append(.user("one"), to: "c")
        let away = folder.path(of: "away.db")
        #expect(rename(path, away) == 0)
        await expectWritesAreRefused(backend)
        try await expectReadsAreRefused(backend)
        #expect(rename(away, path) == 0)
        #expect(try await backend.append(.user("two"), to: "c").sequence == 2)
        #expect(try await backend.history(of: "c") == [.user("one"), .user("two")])
        try await backend.close()
    }

    @Test func aLogThatWasRemovedTakesNoWrites() async throws {
        let backend = try await open()
        try await backend.append(.user("one"), to: "c")
        try files.removeItem(atPath: path + "-wal")
        await expectWritesAreRefused(backend)
        // SQLite moves what it has open of the log into the file.
        try await backend.close()
        #expect(try await open().history(of: "c") == [.user("one")])
    }

    @Test func aLogThatAnotherProgramBeganIsLookedAfterToo() async throws {
        var configuration = SQLiteBackend.Configuration(path: path)
        configuration.journalMode = .delete
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        try await backend.append(.user("one"), to: "c")
        #expect(try TestSQLiteConnection(path: path).execute("PRAGMA journal_mode = WAL") == [["wal"]])
        try await backend.append(.user("two"), to: "c")
        try files.removeItem(atPath: path + "-wal")
        await expectWritesAreRefused(backend)
        try await backend.close()
        #expect(try await open().history(of: "c") == [.user("one"), .user("two")])
    }

    @Test func aLinkThatLeadsElsewhereIsAnotherFile() async throws {
        let other = try await open("other.db")
        try await other.close()
        try await open().close()
        let link = folder.path(of: "link.db")
        try files.createSymbolicLink(atPath: link, withDestinationPath: "chat.db")
        let backend = try await open("link.db")
        try await backend.append(.user("one"), to: "c")
        try files.removeItem(atPath: link)
        try files.createSymbolicLink(atPath: link, withDestinationPath: "other.db")
        await expectError(.accessDenied) { try await backend.history(of: "c") }
        await expectWritesAreRefused(backend)
        try await backend.close()
        #expect(try await open().history(of: "c") == [.user("one")])
    }
}
