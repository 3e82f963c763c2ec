import ChatStorageConformance
import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// Databases where nothing can be written: read as they are, or refused with the reason; no file is made or changed.
@Suite("SQLite: read-only media") struct ReadOnlyMediumTests {
    @Test("a file system that is mounted read-only", arguments: ["wal", "delete"])
    func readOnlyFileSystem(journalMode: String) async throws {
        guard try TestBackends.sqlite.isSelected(),
            let disk = try SmallDisk.ifMountable(for: "the tests of read-only file systems")
        else { return }
        // A path as none should be: SQLite's URIs give each of these signs a meaning.
        let name = "100%25 é?immutable=0#&chat.db"
        let path = disk.folder.path(of: name)
        let messages = try await makeStore(path, journalMode: journalMode)
        try await disk.makeReadOnly()

        let plain = try await SQLiteBackend(path: path)
        if journalMode == "delete" {
            #expect(try await plain.messages(of: "c", limit: 100) == messages)
            await expectEveryWriteDenied(plain)
        } else {
            // SQLite has to make the files of a write-ahead log to read beside others.
            let error = await #expect(throws: ChatStorageError.self) { try await plain.messages(of: "c") }
            #expect(error?.code == .accessDenied && error?.message.contains("immutable") == true, "\(error as Any)")
        }
        try await plain.close()

        let new = try await SQLiteBackend(path: disk.folder.path(of: "new.db"))
        let error = await #expect(throws: ChatStorageError.self) { try await new.prepare() }
        #expect(error?.code == .accessDenied && error?.message.contains("read-only") == true, "\(error as Any)")
        try await new.close()

        let immutable = try await openImmutable(path)
        try await immutable.prepare()
        #expect(try await immutable.messages(of: "c", limit: 100) == messages)
        #expect(try await immutable.getOrCreateConversation("c").lastSequence == Int64(messages.count))
        await expectEveryWriteDenied(immutable)
        try await immutable.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.folder.path) == [name])
    }

    @Test("a log or a journal with changes is a reason to refuse", arguments: ["wal", "delete"], [false, true])
    func changesBesideTheFile(journalMode: String, throughLink: Bool) async throws {
        let folder = try TemporaryFolder()
        let (live, path) = (folder.path(of: "live.db"), folder.path(of: "chat.db"))
        _ = try await makeStore(live, journalMode: journalMode)
        let suffix = journalMode == "wal" ? "-wal" : "-journal"
        do {
            // Copied in the middle of a transaction, as a backup or a crash would leave them.
            let writer = try TestSQLiteConnection(path: live)
            try writer.execute(
                """
                PRAGMA cache_size = 1; BEGIN; UPDATE chat_messages SET content = 'half done ' || hex(zeroblob(4000));
                """)
            if journalMode == "wal" { try writer.execute("COMMIT") }
            for end in ["", suffix] { try FileManager.default.copyItem(atPath: live + end, toPath: path + end) }
        }
        let before = try contents(of: folder)
        let link = folder.path(of: "link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "chat.db")

        let backend = try await openImmutable(throughLink ? link : path)
        for call in StorageCall.ofEveryOperation(on: "c") {
            let error = await #expect(throws: ChatStorageError.self, "\(call)") { try await call.perform(on: backend) }
            #expect(error?.code == .accessDenied, "\(call): \(error as Any)")
            #expect(error?.message.contains(journalMode == "wal" ? "write-ahead log" : "rollback journal") == true)
        }
        try await backend.close()
        try FileManager.default.removeItem(atPath: link)
        #expect(try contents(of: folder) == before)

        // Opened once where it can be written, it is whole.
        let healed = try await SQLiteBackend(path: path)
        let messages = try await healed.messages(of: "c")
        try await healed.close()
        let immutable = try await openImmutable(path)
        #expect(try await immutable.messages(of: "c") == messages)
        try await immutable.close()
    }

    @Test("an empty log and a journal that is done with are none") func unusedLogs() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        let messages = try await makeStore(path, journalMode: "wal")
        try Data().write(to: URL(fileURLWithPath: path + "-wal"))
        try Data(count: 512).write(to: URL(fileURLWithPath: path + "-journal"))
        let immutable = try await openImmutable(path)
        #expect(try await immutable.messages(of: "c", limit: 100) == messages)
        try await immutable.close()
        #expect(try contents(of: folder).count == 3)
    }

    @Test("a file that is not there") func missing() async throws {
        let folder = try TemporaryFolder()
        for name in ["chat.db", "missing/chat.db"] {
            let immutable = try await openImmutable(folder.path(of: name))
            var errors = [await #expect(throws: ChatStorageError.self) { try await immutable.prepare() }]
            for call in StorageCall.ofEveryOperation(on: "c") {
                errors.append(
                    await #expect(throws: ChatStorageError.self, "\(call)") { try await call.perform(on: immutable) })
            }
            for error in errors {
                #expect(error?.code == .invalidArgument && error?.message.contains("there is no file") == true)
            }
            try await immutable.close()
        }
        #expect(try contents(of: folder).isEmpty)
        // It is looked for again by the next call.
        let path = folder.path(of: "chat.db")
        let immutable = try await openImmutable(path)
        await expect(.invalidArgument) { _ = try await immutable.conversations(limit: 1) }
        let messages = try await makeStore(path, journalMode: "delete")
        #expect(try await immutable.messages(of: "c", limit: 100) == messages)
        try await immutable.close()
    }

    @Test("a folder in which this user can make no file", arguments: ["wal", "delete"])
    func folderOfSomebodyElse(journalMode: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        _ = try await makeStore(path, journalMode: journalMode)
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
        try files.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
        defer { try? files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path) }
        guard let tool = try await UnprivilegedTool() else { return }

        let immutable = try await tool.run("show", "c", "--store", "sqlite:\(path)", "--immutable")
        #expect(immutable.status == 0 && immutable.output.contains("message 29"), "\(immutable)")
        let plain = try await tool.run("show", "c", "--store", "sqlite:\(path)")
        if journalMode == "delete" {
            #expect(plain.status == 0 && plain.output == immutable.output, "\(plain)")
        } else {
            #expect(plain.status == 1 && plain.output.contains("immutable"), "\(plain)")
        }
        if journalMode == "delete" {
            let refused = try await tool.run("add", "--store", "sqlite:\(path)", "c", "user", "more")
            #expect(refused.status == 1 && refused.output.contains("chat.db: "), "\(refused)")
        }
        #expect(try contents(of: folder).keys.sorted() == ["chat.db"])
    }

    private func makeStore(_ path: String, journalMode: String) async throws -> [Message] {
        var configuration = SQLiteBackend.Configuration(path: path)
        configuration.journalMode = .init(rawValue: journalMode) ?? .wal
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        let messages = try await backend.append((0..<30).map { .user("message \($0)") }, to: "c")
        try await backend.close()
        return messages
    }

    private func openImmutable(_ path: String) async throws -> SQLiteBackend {
        var configuration = SQLiteBackend.Configuration(path: path)
        configuration.access = .immutable
        return try await SQLiteBackend(configuration)
    }

    private func expectEveryWriteDenied(_ backend: SQLiteBackend) async {
        let writes: [StorageCall] = [
            .createConversation("new", title: nil), .getOrCreateConversation("new", title: nil),
            .updateTitle(of: "c", to: "x"), .deleteConversation("c"), .clearMessages(of: "c"),
            .append([.user("x")], to: "c", if: .createIfMissing), .restoreConversation(.sample("new", messages: 1)),
            .append([.user("x", key: "k")], to: "c", if: .exists),
            .append(NewMessages([.assistant("")], to: "c", .after(1), isStreaming: true)),
            .updateConversation("c", .adding(label: "x")), .updateConversation("c", .head(1)),
            .reviseMessage(MessageRevision(of: "c", 1, metadata: .setting("a", to: 1))),
            .removeMessages(MessageRemoval(.messages([1]), of: "c")),
            .removeMessages(MessageRemoval(.from(2), of: "c")),
        ]
        for write in writes {
            await expect(.accessDenied, "\(write)") { _ = try await write.perform(on: backend.defaultTenant) }
        }
    }

    private func expect(
        _ code: ChatStorageError.Code, _ comment: Comment? = nil, _ call: () async throws -> Void
    ) async {
        let error = await #expect(throws: ChatStorageError.self, comment) { try await call() }
        #expect(error?.code == code, comment)
    }

    private func contents(of folder: TemporaryFolder) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: folder.path(of: $0)))) })
    }
}
