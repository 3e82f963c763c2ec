import ChatStorageCore
import ChatStorageSupport
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// Reads that are under way when something else happens.
@Suite(.timeLimit(.minutes(5))) struct ReaderTests {
    /// A read that has begun and goes on until it is let go.
    final class HeldRead: Sendable {
        let hasBegun = AsyncStream.makeStream(of: Void.self)
        private let isLetGo = DispatchSemaphore(value: 0)
        private let ended = Atomic(false)

        var hasEnded: Bool { ended.load(ordering: .acquiring) }

        func letGo() { isLetGo.signal() }

        func read(_ database: Database) throws -> Int {
            defer { ended.store(true, ordering: .releasing) }
            return try database.run(ConversationList.sql.older) { statement in
                try statement.bind("", at: 1)
                try statement.bind(Int64.max, at: 2)
                try statement.bind(Int64(10), at: 3)
                // From its first row on the statement reads from the log.
                _ = try statement.step()
                hasBegun.continuation.yield()
                isLetGo.wait()
                return try database.messages(MessageQuery(of: "c", limit: 100_000), tenant: "").items.count
            }
        }

        func begun() async {
            for await _ in hasBegun.stream { return }
        }
    }

    private let folder: TemporaryFolder
    private let settings: StoreSettings

    init() throws {
        folder = try TemporaryFolder()
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.readers = 1
        settings = configuration.settings(schema: .current)
    }

    private func open(messages: Int) async throws -> SQLiteStore {
        let store = SQLiteStore(settings)
        try await store.prepare(.migrate)
        _ = try await store.write { database in
            try database.append(
                NewMessages((0..<messages).map { .user("\($0)") }, to: "c"), tenant: "")
        }
        return store
    }

    @Test func closingWaitsForReads() async throws {
        for _ in 0..<5 {
            let store = try await open(messages: 1_000)
            let held = HeldRead()
            let read = Task { try await store.read(inline: false) { try held.read($0) } }
            await held.begun()
            let closed = Task {
                await store.close()
                return held.hasEnded
            }
            while await isOpen(store) { await Task.yield() }
            held.letGo()
            #expect(await closed.value, "close() returned while a read was under way")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.db"])
            #expect(try await read.value >= 1_000)
        }
        let copy = folder.path(of: "copy.db")
        try FileManager.default.copyItem(atPath: settings.file.path, toPath: copy)
        #expect(try TestSQLiteConnection(path: copy).execute("SELECT count(*) FROM chat_messages") == [["5000"]])
    }

    private func isOpen(_ store: SQLiteStore) async -> Bool {
        (try? await store.awaitReady()) != nil
    }

    @Test func closingWaitsForConnectionsThatAreOpened() async throws {
        for _ in 0..<20 {
            let store = try await open(messages: 1)
            // The first read opens its connection; its caller does not wait for that.
            let read = Task { try await store.read { try $0.conversation(tenant: "", "c") } }
            read.cancel()
            await store.close()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.db"])
            _ = await read.result
        }
    }

    @Test func aCancelledReadLeavesItsConnection() async throws {
        let store = try await open(messages: 3)
        let begun = AsyncStream.makeStream(of: Void.self)
        let endless = Task {
            try await store.read(inline: false) { database in
                begun.continuation.yield()
                try database.execute(
                    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c")
            }
        }
        for await _ in begun.stream { break }
        endless.cancel()
        await #expect(throws: CancellationError.self) { try await endless.value }
        // There is one connection, which would read for ever.
        let messages = try await store.read(inline: false) {
            try $0.messages(MessageQuery(of: "c", limit: 1_000), tenant: "")
        }
        #expect(messages.items.map(\.content) == ["0", "1", "2"])
        await store.close()
    }

    @Test func readsLeaveTheCallersThreadWhereTheDiskIsSlow() {
        let reads = InlineReads()
        #expect(!reads.areAllowed, "nothing is known of a disk at first")
        for _ in 0..<16 { reads.note(isSlow: false) }
        #expect(reads.areAllowed)
        reads.note(isSlow: true)
        #expect(!reads.areAllowed)
        for _ in 0..<15 { reads.note(isSlow: false) }
        #expect(!reads.areAllowed)
        reads.note(isSlow: false)
        #expect(reads.areAllowed)
    }

    @Test(arguments: [Database.Access.reading, .writing])
    func everyConnectionThatCanWriteSyncs(access: Database.Access) async throws {
        try await open(messages: 1).close()
        let database = try Database(settings, for: access)
        // A setting with another value makes the statement fail with an overflow.
        for query: StaticString in [
            "SELECT abs(iif(fullfsync = 1, 0, -9223372036854775807 - 1)) FROM pragma_fullfsync",
            "SELECT abs(iif(checkpoint_fullfsync = 1, 0, -9223372036854775807 - 1)) FROM pragma_checkpoint_fullfsync",
            "SELECT abs(iif(synchronous = 3, 0, -9223372036854775807 - 1)) FROM pragma_synchronous",
        ] {
            try database.execute(query)
        }
    }
}
