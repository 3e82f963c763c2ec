import ChatStorageConformance
import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// Files that are no store, and files that somebody else holds.
@Suite("SQLite: files that cannot be used") struct UnusableFileTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path(of: "chat.db")
    }

    @Test("a folder where the file should be") func folderInstead() async throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let link = folder.path(of: "link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "chat.db")
        for (path, isImmutable) in [(path, false), (path, true), (link, false)] {
            var configuration = SQLiteBackend.Configuration(path: path)
            if isImmutable { configuration.access = .immutable }
            let backend = try await SQLiteBackend(configuration)
            var errors = [await #expect(throws: ChatStorageError.self) { try await backend.prepare() }]
            for call in StorageCall.ofEveryOperation(on: "c") {
                errors.append(
                    await #expect(throws: ChatStorageError.self, "\(call)") { try await call.perform(on: backend) })
            }
            for error in errors {
                #expect(error?.code == .invalidArgument && error?.message.contains("folder") == true)
                #expect(error?.writeOutcome == nil && error?.isRetryable == false)
            }
            try await backend.close()
        }
        try FileManager.default.removeItem(atPath: link)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.db"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    }

    @Test("no folder for the file") func missingFolder() async throws {
        let backend = try await SQLiteBackend(path: folder.path(of: "missing/chat.db"))
        await expect(.invalidArgument) { try await backend.prepare() }
        await expect(.notPrepared) { _ = try await backend.conversations(limit: 1) }
        await expect(.notPrepared) { try await backend.append(.user("x"), to: "c") }
        try await backend.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test(
        "text, zeros, the first bytes of a database",
        arguments: [
            NamedBytes("text", Array(String(repeating: "not a database ", count: 400).utf8)),
            // Not one: SQLite takes a file of a single byte for an empty one.
            NamedBytes("two bytes", [0, 0]),
            NamedBytes("the magic number alone", Array("SQLite format 3\0".utf8)),
            NamedBytes("another magic number", Array("SQLite format 9\0".utf8) + Array(repeating: 0, count: 4080)),
            NamedBytes("zeros", Array(repeating: 0, count: 8192)),
        ])
    func notADatabase(file: NamedBytes) async throws {
        try Data(file.bytes).write(to: URL(fileURLWithPath: path))
        try await expectAllCalls(.damaged)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(file.bytes))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.db"])
    }

    @Test("a file that another process holds for longer than the busy timeout", arguments: ["wal", "delete"])
    func locked(journalMode: String) async throws {
        let store = TestedStore.sqlite(folder: folder, journalMode: journalMode)
        var configuration = SQLiteBackend.Configuration(path: path)
        configuration.journalMode = .init(rawValue: journalMode) ?? .wal
        configuration.busyTimeout = .milliseconds(20)
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        // A writer that is stopped, not ended, keeps the locks that it has.
        let writer = try WriterProcess(store, run: "w", seed: try SoakCount.seed)
        _ = try #require(try await writer.next())
        var refused: ChatStorageError?
        while refused == nil {
            writer.stop()
            do {
                try await backend.append(.user("beside"), to: "own")
            } catch let error as ChatStorageError {
                refused = error
            }
            writer.resume()
            _ = try #require(try await writer.next())
        }
        #expect(refused?.code == .unavailable)
        #expect(refused?.writeOutcome == .notApplied)
        _ = try await writer.kill()
        let before = try await backend.messages(of: "own", limit: .max).count
        #expect(try await backend.append(.user("after"), to: "own").sequence == Int64(before) + 1)
        try await backend.close()
        #expect(try store.integrity() == "ok")
    }

    private func expectAllCalls(_ code: ChatStorageError.Code) async throws {
        let backend = try await SQLiteBackend(path: path)
        await expect(code) { try await backend.prepare() }
        for call in StorageCall.ofEveryOperation(on: "c") {
            await expect(code, "\(call)") { try await call.perform(on: backend) }
        }
        try await backend.close()
    }

    private func expect(
        _ code: ChatStorageError.Code, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        _ call: () async throws -> Void
    ) async {
        let error = await #expect(throws: ChatStorageError.self, comment, sourceLocation: sourceLocation) {
            try await call()
        }
        #expect(error?.code == code, comment, sourceLocation: sourceLocation)
    }
}
