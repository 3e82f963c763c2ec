import ChatStorageCore
import ChatStorageSupport
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// The write-ahead log: who moves it into the file, when, and how long it becomes.
@Suite(.timeLimit(.minutes(5))) struct LogTests {
    /// More than are made while one read waits for its turn.
    private static let manyCommits = 1_000

    private final class Progress: Sendable {
        let hasRead = Atomic(false)
        let commits = Atomic(0)
        /// How many callers are in a call.
        let calling = Atomic(0)
        let isOver = Atomic(false)
    }

    private let folder: TemporaryFolder
    private let configuration: SQLiteBackend.Configuration

    init() throws {
        folder = try TemporaryFolder()
        configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
    }

    private var settings: StoreSettings { configuration.settings(schema: .current) }

    private func prepare() async throws {
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        try await backend.close()
    }

    private func append(_ bytes: Int, to store: SQLiteStore) async throws {
        try await store.write(bytes: bytes) { database in
            _ = try database.append(NewMessages([.user(String(repeating: "x", count: bytes))], to: "c"), tenant: "")
        }
    }

    private func append(_ database: Database, bytes: Int) throws {
        try database.transaction {
            _ = try database.append(
                NewMessages([.user(String(repeating: "x", count: bytes))], to: "c"), tenant: "")
        }
    }

    private func file() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: configuration.path)) }

    // MARK: When

    /// What follows from each length, in turn.
    private func steps(_ commits: (pages: Int, isIdle: Bool)...) -> [LogSchedule.Step] {
        var schedule = LogSchedule()
        return commits.map { schedule.next(pages: $0.pages, isIdle: $0.isIdle) }
    }

    @Test func itIsMovedInAnIdleMomentOrWhenItIsLong() {
        #expect(
            steps((999, true), (1_000, false), (1_000, true), (3, true), (1_999, false), (2_000, false))
                == [.nothing, .nothing, .move, .nothing, .nothing, .move])
    }

    @Test func whereItStaysAnotherAttemptComesLater() {
        #expect(steps((1_000, true), (1_249, true), (1_250, true)) == [.move, .nothing, .move])
    }

    @Test func whereItGrowsOnLongReadsMakeRoom() {
        // One long transaction does not mean that somebody is in the way.
        #expect(
            steps((9_000, false), (9_001, false), (9_002, false), (13_001, false))
                == [.move, .pauseReads, .nothing, .pauseReads])
    }

    // MARK: Who

    @Test func noConnectionMovesItByItself() async throws {
        try await prepare()
        let database = try Database(settings, for: .writing)
        let before = try file()
        for _ in 0..<5 { try append(database, bytes: 4 << 20) }
        #expect(database.logPages > 5_000)
        #expect(try file() == before)
    }

    @Test func itIsMovedUnderTheWriteLockOnly() async throws {
        try await prepare()
        let database = try Database(settings, for: .writing)
        try append(database, bytes: 1 << 20)
        let before = try file()
        var mover = LogMover(settings, of: OpenedFile())
        // Only another's commit could begin the log anew meanwhile, so nobody may be able to commit.
        let other = try TestSQLiteConnection(path: configuration.path)
        try other.execute("BEGIN IMMEDIATE")
        for wait in [Duration.zero, .milliseconds(5)] {
            let moved = mover.moveLog(lockedBy: database, waiting: wait)
            #expect(moved == nil)
        }
        #expect(try file() == before)
        try other.execute("ROLLBACK")
        let moved = mover.moveLog(lockedBy: database, waiting: .zero)
        #expect(moved == database.logPages)
        #expect(try file() != before)
        #expect(database.isOutsideTransaction)
        try append(database, bytes: 1)
        #expect(database.logPages < 20, "the next commit begins the log anew")
    }

    @Test func nobodyElseWritesWhileItIsMoved() async throws {
        try await prepare()
        let database = try Database(settings, for: .writing)
        try append(database, bytes: 1 << 20)
        // While it reads what is older than the last append, that cannot be moved.
        let reader = try TestSQLiteConnection(path: configuration.path)
        try reader.execute("BEGIN; SELECT count(*) FROM chat_messages")
        try append(database, bytes: 1 << 20)
        let other = try TestSQLiteConnection(path: configuration.path)
        try other.execute("PRAGMA busy_timeout = 0")
        var answers: [Int32] = []
        var mover = LogMover(settings, of: OpenedFile())
        let moved = mover.moveLog(lockedBy: database, waiting: .zero) {
            do {
                try other.execute("BEGIN IMMEDIATE; ROLLBACK")
                answers.append(0)
            } catch {
                answers.append((error as? TestSQLiteError)?.code ?? -1)
            }
            if answers.count == 2 { _ = try? reader.execute("COMMIT") }
        }
        #expect(moved != nil)
        #expect(answers == [5, 5], "SQLITE_BUSY between the first attempt and the last")
        try other.execute("BEGIN IMMEDIATE; ROLLBACK")
    }

    @Test func aNewLogInThePlaceOfOneThatWasRemovedIsNotMoved() async throws {
        try await prepare()
        do {
            let database = try Database(settings, for: .writing)
            database.hasLog = true
            try append(database, bytes: 1)
            try database.checkPlaceForWriting()
            try FileManager.default.removeItem(atPath: configuration.path + "-wal")
            var mover = LogMover(settings, of: OpenedFile())
            let moved = mover.moveLog(lockedBy: database, waiting: .zero)
            #expect(moved == nil)
            database.close()
            mover.close()
        }
        let stored = try TestSQLiteConnection(path: configuration.path)
        #expect(try stored.execute("SELECT count(*) FROM chat_messages") == [["1"]])
    }

    @Test func aRollbackJournalHasNoLog() async throws {
        var configuration = configuration
        configuration.journalMode = .delete
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        try await backend.append(.user(String(repeating: "x", count: 9 << 20)), to: "c")
        try await backend.close()
        let database = try Database(configuration.settings(schema: .current), for: .writing)
        try append(database, bytes: 9 << 20)
        #expect(database.logPages == 0)
    }

    // MARK: How long

    @Test func longReadsThatOverlapDoNotKeepIt() async throws {
        let store = SQLiteStore(settings)
        try await store.prepare(.migrate)
        func append(_ bytes: Int) async throws -> Int {
            try await store.write(bytes: bytes) { database in
                _ = try database.append(
                    NewMessages([.user(String(repeating: "x", count: bytes))], to: "c"), tenant: "")
            }
            // After the commit.
            return try await store.write { $0.logPages }
        }
        _ = try await append(1)
        var held = ReaderTests.HeldRead()
        func read() -> Task<Int, any Error> {
            let held = held
            return Task { try await store.read(inline: false) { try held.read($0) } }
        }
        var reading = read()
        await held.begun()
        var longest = 0
        for _ in 0..<12 {
            longest = max(longest, try await append(4 << 20))
            // The next long read begins before the last has ended, or as soon as it may.
            let before = (held, reading)
            held = ReaderTests.HeldRead()
            reading = read()
            before.0.letGo()
            _ = try await before.1.value
            await held.begun()
        }
        held.letGo()
        _ = try await reading.value
        #expect(longest < 3 * LogSchedule.tooLong)
        await store.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.db"])
    }

    @Test func longReadsGoOnBesideWritersThatNeverRest() async throws {
        let store = SQLiteStore(settings)
        try await store.prepare(.migrate)
        try await append(1, to: store)
        let held = ReaderTests.HeldRead()
        let reading = Task { try await store.read(inline: false) { try held.read($0) } }
        await held.begun()
        // A pause begins, which waits for that read.
        for _ in 0..<6 { try await append(4 << 20, to: store) }
        let progress = Progress()
        let next = Task {
            _ = try await store.read(inline: false) { try $0.conversation(tenant: "", "c") }
            progress.hasRead.store(true, ordering: .releasing)
            return progress.commits.load(ordering: .relaxed)
        }
        // Calls of that size are committed one by one, and each waits until all other callers have called again.
        let callers = 8
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<callers {
                group.addTask {
                    defer { progress.isOver.store(true, ordering: .releasing) }
                    while !progress.hasRead.load(ordering: .acquiring) {
                        let number = progress.commits.add(1, ordering: .relaxed).newValue
                        if number == 20 { held.letGo() }
                        guard number < Self.manyCommits else { return }
                        progress.calling.add(1, ordering: .relaxed)
                        try await store.write(bytes: 5 << 20) { database in
                            while progress.calling.load(ordering: .relaxed) < callers,
                                !progress.isOver.load(ordering: .acquiring)
                            {
                                sleepThread(for: .microseconds(100))
                            }
                            _ = try database.append(NewMessages([.user("x")], to: "c"), tenant: "")
                        }
                        progress.calling.subtract(1, ordering: .relaxed)
                    }
                }
            }
            try await group.waitForAll()
        }
        held.letGo()
        #expect(try await next.value < Self.manyCommits)
        _ = try await reading.value
        await store.close()
    }

    @Test func aPauseConcernsLongReadsUntilTheStoreIsClosed() async throws {
        let store = SQLiteStore(settings)
        try await store.prepare(.migrate)
        try await append(1, to: store)
        let held = ReaderTests.HeldRead()
        let reading = Task { try await store.read(inline: false) { try held.read($0) } }
        await held.begun()
        for _ in 0..<6 { try await append(4 << 20, to: store) }
        func read() -> Task<Void, any Error> {
            Task { _ = try await store.read(inline: false) { try $0.conversation(tenant: "", "c") } }
        }
        let cancelled = read()
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        // A short read does not wait, wherever it runs: the store does not know yet that this disk is quick.
        #expect(try await store.read(inline: true) { try $0.conversation(tenant: "", "c") } != nil)
        let waiting = (0..<4).map { _ in read() }
        let closed = Task { await store.close() }
        // They end although the pause goes on.
        for task in waiting {
            await #expect { try await task.value } throws: { ($0 as? ChatStorageError)?.code == .closed }
        }
        held.letGo()
        #expect(try await reading.value == 1)
        await closed.value
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chat.db"])
    }
}
