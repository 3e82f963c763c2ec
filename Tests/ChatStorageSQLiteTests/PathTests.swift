import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// Which paths name a database file, and that a path is resolved only once.
@Suite struct PathTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(arguments: [
        "", ":memory:", "a\0b", "/", "x.db/", "file:chat.db", "file:chat.db?mode=memory",
        "file:/tmp/chat.db?cache=shared", "sqlite:chat.db",
        "chat.db?mode=ro", "/tmp/chat.db?cache=shared&mode=rwc", "chat.db?immutable=1",
    ])
    func pathsThatNameNoFileAreRefused(path: String) async throws {
        await expectError(.invalidArgument) { _ = try await SQLiteBackend(path: path) }
        await expectError(.invalidArgument) { _ = try await SQLiteBackend(url: "sqlite:\(path)") }
    }

    @Test(arguments: ["./file:chat.db", "./sqlite:chat.db", "what?.db", "chat.db?mode", "a=b?c=d", "?mode=ro&x.db"])
    func otherPathsAreTakenAsTheyAre(name: String) async throws {
        let backend = try await SQLiteBackend(path: folder.path(of: name))
        try await backend.prepare()
        try await backend.close()
        let file = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [file])
    }

    /// SQLite would take the new store's file for the other one's log, and remove it.
    @Test(arguments: ["-wal", "-shm", "-journal"])
    func aDatabasesLogIsNoStore(suffix: String) async throws {
        let store = try await SQLiteBackend(path: folder.path(of: "chat.db"))
        try await store.prepare()
        try await store.close()
        let other = try await SQLiteBackend(path: folder.path(of: "chat.db\(suffix)"))
        await expectError(.invalidArgument) { try await other.prepare() }
        try await other.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.db"])
        let alone = try await SQLiteBackend(path: folder.path(of: "other\(suffix)"))
        try await alone.prepare()
        try await alone.close()
    }

    @Test func aRelativePathIsOfTheFolderOfItsBeginning() async throws {
        let (first, second) = (folder.path(of: "first"), folder.path(of: "second"))
        for (path, text) in [(first, "first"), (second, "second")] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            let backend = try await SQLiteBackend(path: path + "/chat.db")
            try await backend.prepare()
            try await backend.append(.user(text), to: "c")
            try await backend.close()
        }
        // The working directory is the whole process's, so this is one test.
        let old = FileManager.default.currentDirectoryPath
        defer { _ = FileManager.default.changeCurrentDirectoryPath(old) }
        #expect(FileManager.default.changeCurrentDirectoryPath(first))
        let writing = try await SQLiteBackend(path: "chat.db")
        var configuration = SQLiteBackend.Configuration(path: "chat.db")
        configuration.access = .immutable
        let immutable = try await SQLiteBackend(configuration)
        // Each connection is opened at its first use: the one that inspects, one that reads, the one that writes.
        #expect(FileManager.default.changeCurrentDirectoryPath(second))
        #expect(try await immutable.history(of: "c") == [.user("first")])
        try await immutable.close()
        #expect(try await writing.history(of: "c") == [.user("first")])
        #expect(FileManager.default.changeCurrentDirectoryPath(folder.path))
        try await writing.append(.user("more"), to: "c")
        #expect(try await writing.history(of: "c") == [.user("first"), .user("more")])
        try await writing.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["first", "second"])
    }

    /// What can be at a path, or in its way.
    enum Obstacle: CaseIterable {
        case danglingLink, linkToItself, pipe, device, linkToDevice, longName, longNameOfJournal, longPath, fileAsFolder

        func make(in folder: TemporaryFolder) throws -> String {
            let path = folder.path(of: "chat.db")
            let files = FileManager.default
            switch self {
            case .danglingLink: try files.createSymbolicLink(atPath: path, withDestinationPath: "missing.db")
            case .linkToItself: try files.createSymbolicLink(atPath: path, withDestinationPath: "chat.db")
            case .pipe: #expect(mkfifo(path, 0o600) == 0)
            case .device: return "/dev/null"
            case .linkToDevice: try files.createSymbolicLink(atPath: path, withDestinationPath: "/dev/null")
            case .longName: return folder.path(of: String(repeating: "x", count: 256))
            case .longNameOfJournal: return folder.path(of: String(repeating: "x", count: 250))
            case .longPath:
                let name = String(repeating: "f", count: 100)
                let inner = folder.path(of: [name, name, name, name, name].joined(separator: "/"))
                try files.createDirectory(atPath: inner, withIntermediateDirectories: true)
                return inner + "/chat.db"
            case .fileAsFolder:
                try Data().write(to: URL(fileURLWithPath: path))
                return path + "/chat.db"
            }
            return path
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Obstacle.allCases, [false, true])
    func anythingButAFileIsRefusedAndNothingIsMade(obstacle: Obstacle, isImmutable: Bool) async throws {
        let path = try obstacle.make(in: folder)
        let before = FileManager.default.subpaths(atPath: folder.path)
        var configuration = SQLiteBackend.Configuration(path: path)
        if isImmutable { configuration.access = .immutable }
        let backend = try await SQLiteBackend(configuration)
        await expectError(.invalidArgument) { try await backend.prepare() }
        if isImmutable { await expectError(.invalidArgument) { try await backend.conversation("c") } }
        await expectError(.invalidArgument) { try await backend.prepare() }
        try await backend.close()
        #expect(FileManager.default.subpaths(atPath: folder.path) == before)
    }

    @Test func aLinkToAFileIsFollowed() async throws {
        let path = folder.path(of: "chat.db")
        let file = try await SQLiteBackend(path: path)
        try await file.prepare()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path(of: "link.db"), withDestinationPath: "chat.db")
        let link = try await SQLiteBackend(path: folder.path(of: "link.db"))
        try await link.append(.user("text"), to: "c")
        #expect(try await file.history(of: "c") == [.user("text")])
        try await link.close()
        try await file.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["chat.db", "link.db"])
    }
}
