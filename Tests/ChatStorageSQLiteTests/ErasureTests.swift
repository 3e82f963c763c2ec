import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// What is left in the files of conversations that were erased.
@Suite(.timeLimit(.minutes(5))) struct ErasureTests {
    private static let mark = "KYOTO"

    private let folder: TemporaryFolder
    private let configuration: SQLiteBackend.Configuration

    init() throws {
        folder = try TemporaryFolder(isInMemory: true)
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.erasesDeletedText = true
        self.configuration = configuration
    }

    private func open(_ configuration: SQLiteBackend.Configuration) async throws -> SQLiteBackend {
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        return backend
    }

    /// How often the mark is in the files.
    private func marks() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).reduce(0) { count, name in
            let data = try Data(contentsOf: URL(fileURLWithPath: folder.path(of: name)))
            return count + String(decoding: data, as: UTF8.self).components(separatedBy: Self.mark).count - 1
        }
    }

    /// Stores conversations of two tenants between each other; all texts of one tenant have the mark.
    private func fill(_ backend: SQLiteBackend, rounds: Int, conversations: Int = 20) async throws {
        for round in 0..<rounds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (name, word) in [("\(Self.mark) erased", Self.mark), ("kept", "Osaka")] {
                    for number in 0..<conversations {
                        let messages = (0..<(1 + (round + number) % 3)).map { index in
                            // In an order that has nothing to do with theirs, so that the index's pages are split.
                            let key = UInt64((round * conversations + number) * 3 + index) &* 0x9E37_79B9_7F4A_7C15
                            return ChatMessage(
                                role: .assistant,
                                parts: [
                                    .text(String(repeating: word, count: 1 << ((round + number + index) % 11))),
                                    .toolCall(word, callID: word, input: word),
                                ], metadata: ["word": .string(word)],
                                key: "\(word) \(key)")
                        }
                        group.addTask {
                            try await backend.tenant(name).append(
                                messages, to: ConversationID("\(word) \(number)"),
                                if: .create(
                                    title: word, labels: number % 3 == 0 ? [Label(word)] : [],
                                    // Long metadata is in a table of its own.
                                    metadata: [
                                        "word": .string(String(repeating: word, count: number % 4 == 0 ? 500 : 1))
                                    ]))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: [SQLiteBackend.Configuration.JournalMode.wal, .delete])
    func aTenantLeavesNothing(mode: SQLiteBackend.Configuration.JournalMode) async throws {
        var configuration = configuration
        configuration.journalMode = mode
        let backend = try await open(configuration)
        try await fill(backend, rounds: 6, conversations: 200)
        #expect(try marks() > 1_000)
        let erased = "\(Self.mark) erased"
        let planned = try await backend.eraseTenant(erased, isDryRun: true)
        #expect(planned.conversations == 200 && planned.messages > 2_000)
        #expect(try await backend.eraseTenant(erased) == planned)
        // The store is open still, and so is the log.
        #expect(try marks() == 0)
        #expect(try await backend.tenant("kept").conversations(limit: 500).count == 200)
        try await backend.tenant("kept").append(.user("goes on"), to: "Osaka 0")
        #expect(try await backend.tenants(TenantQuery()).items.map(\.name) == ["kept"])
        try await backend.close()
        #expect(try TestSQLiteConnection(path: configuration.path).execute("PRAGMA integrity_check") == [["ok"]])
    }

    @Test func withoutTheSettingItIsInTheLogAtLeast() async throws {
        var configuration = configuration
        configuration.erasesDeletedText = false
        let backend = try await open(configuration)
        try await fill(backend, rounds: 1)
        #expect(try await backend.eraseTenant("\(Self.mark) erased").conversations == 20)
        #expect(try marks() > 0)
        try await backend.close()
    }

    @Test func oldConversationsLeaveNothingInTheLog() async throws {
        let backend = try await open(configuration)
        let tenant = backend.tenant(Self.mark)
        try await tenant.append([.user(Self.mark), .assistant(Self.mark)], to: "old", if: .create(labels: ["pinned"]))
        try await tenant.append([.user(Self.mark), .assistant(Self.mark)], to: "older")
        let end = try #require(await tenant.conversation("older")).updatedAt
        try await tenant.append(.user(Self.mark), to: "new")
        let time = Timestamp(microsecondsSinceEpoch: end.microsecondsSinceEpoch + 1)
        func delete(without labels: Set<Label>, isDryRun: Bool = false) async throws -> DeletionCount {
            try await backend.deleteConversations(
                ofTenant: Self.mark, updatedBefore: time, without: labels, isDryRun: isDryRun)
        }
        #expect(try await delete(without: [], isDryRun: true) == DeletionCount(conversations: 2, messages: 4))
        #expect(try await delete(without: ["pinned"]) == DeletionCount(conversations: 1, messages: 2))
        #expect(try await delete(without: []) == DeletionCount(conversations: 1, messages: 2))
        // The new message has the mark, and so has its tenant's name, in the conversation's row and in two indexes.
        #expect(try marks() == 4)
        try await backend.close()
    }

    @Test func aReaderOfAnotherProcessIsWaitedFor() async throws {
        var configuration = configuration
        configuration.busyTimeout = .milliseconds(50)
        let backend = try await open(configuration)
        try await fill(backend, rounds: 1)
        let reader = try TestSQLiteConnection(path: configuration.path)
        try reader.execute("BEGIN; SELECT count(*) FROM chat_messages")
        let erased = "\(Self.mark) erased"
        await expectError(.unavailable) { try await backend.eraseTenant(erased) }
        // All is deleted, and what is left is in the log.
        #expect(try await backend.tenants(TenantQuery()).items.map(\.name) == ["kept"])
        #expect(try marks() > 0)
        // One that reads what is newest lets all of the log be moved, but not be begun anew.
        try reader.execute("COMMIT; BEGIN; SELECT count(*) FROM chat_messages")
        await expectError(.unavailable) {
            try await backend.deleteConversations(ofTenant: erased, updatedBefore: .latest)
        }
        #expect(try marks() > 0)
        try reader.execute("COMMIT")
        #expect(try await backend.eraseTenant(erased) == DeletionCount())
        #expect(try marks() == 0)
        try await backend.close()
    }

    /// What lies behind the log's end is from before the log was begun anew.
    @Test(arguments: [false, true]) func aLogThatIsBegunAnewIsCutOff(erases: Bool) async throws {
        var configuration = configuration
        configuration.erasesDeletedText = erases
        try await open(configuration).close()
        let settings = configuration.settings(schema: .current)
        let database = try Database(settings, for: .writing)
        for bytes in [1 << 20, 1] {
            try database.transaction {
                _ = try database.append(
                    NewMessages([.user(String(repeating: "x", count: bytes))], to: "c"), tenant: "")
            }
            #expect(try database.logIsCutOff() == (erases || bytes > 1))
            var mover = LogMover(settings, of: OpenedFile())
            let moved = mover.moveLog(lockedBy: database, waiting: .zero)
            #expect(moved == database.logPages)
        }
    }

    @Test func callsGoOnBesideIt() async throws {
        let backend = try await open(configuration)
        try await fill(backend, rounds: 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    for number in 0..<20 {
                        try await backend.append(.user("\(number)"), to: ConversationID("\(caller)"))
                        let read = try await backend.messages(of: ConversationID("\(caller)"), limit: 1_000)
                        #expect(read.count == number + 1)
                    }
                }
            }
            group.addTask { try await backend.eraseTenant("\(Self.mark) erased") }
            try await group.waitForAll()
        }
        #expect(try marks() == 0)
        #expect(try await backend.conversations(limit: 50).allSatisfy { $0.messageCount == 20 })
        try await backend.close()
        await expectError(.closed) { try await backend.eraseTenant("kept") }
    }
}
