import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// Another process's locks, and calls that have to wait.
@Suite struct SQLiteLockTests: SQLiteSuite {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func aLockHeldTooLongIsUnavailableAndNothingIsWritten() async throws {
        let backend = try await open { $0.busyTimeout = .milliseconds(20) }
        try await backend.append(.user("before"), to: "c")
        let other = try TestSQLiteConnection(path: path)
        try other.execute("BEGIN IMMEDIATE")
        let error = await #expect(throws: ChatStorageError.self) {
            try await backend.append(.user("during"), to: "c")
        }
        #expect(error?.code == .unavailable)
        #expect(error?.writeOutcome == .notApplied)
        #expect(error?.isRetryable == true)
        // With a write-ahead log a reader does not wait for the writer.
        #expect(try await backend.messages(of: "c").map(\.content) == ["before"])
        try other.execute("ROLLBACK")
        #expect(try await backend.append(.user("after"), to: "c").sequence == 2)
        try await backend.close()
    }

    @Test func callsBeyondTheBoundAreRefusedAtOnce() async throws {
        let backend = try await open { configuration in
            configuration.waitingCalls = 1
            configuration.busyTimeout = .seconds(600)
        }
        let other = try TestSQLiteConnection(path: path)
        try other.execute("BEGIN IMMEDIATE")
        // One call waits for the lock and one behind it; all others are refused while the lock is held.
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<20 {
                group.addTask {
                    do {
                        try await backend.append(.user("\(index)"), to: "c")
                        return false
                    } catch let error as ChatStorageError where error.code == .unavailable {
                        return true
                    }
                }
            }
            var refused = 0
            for try await isRefused in group {
                refused += isRefused ? 1 : 0
                if isRefused, refused == 18 { try other.execute("ROLLBACK") }
            }
            return refused
        }
        // 19 if the writer had not taken the first call before the others came.
        #expect((18...19).contains(refused))
        #expect(try await backend.messages(of: "c").count == 20 - refused)
        try await backend.close()
    }

    @Test func aCallThatWasCancelledWhileItWaitedIsDoneWholeOrNotAtAll() async throws {
        let backend = try await open { $0.busyTimeout = .seconds(600) }
        let other = try TestSQLiteConnection(path: path)
        try other.execute("BEGIN IMMEDIATE")
        // The first call waits for the lock, the second behind it or beside it; both are given up by their callers.
        let calls = ["first", "second"].map { text in
            Task { try await backend.append([.user(text), .assistant(text)], to: "c") }
        }
        for call in calls {
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
        try other.execute("ROLLBACK")
        // A call that had begun may be done; the writer goes on.
        try await backend.append([.user("last"), .assistant("last")], to: "c")
        let messages = try await backend.messages(of: "c")
        #expect(messages.map(\.sequence) == Array(1...Int64(messages.count)))
        for text in Set(messages.map(\.content)) {
            #expect(messages.filter { $0.content == text }.map(\.role) == [.user, .assistant])
        }
        try await backend.close()
    }

    @Test(arguments: [SQLiteBackend.Configuration.JournalMode.wal, .delete])
    func readersAndWritersOfTwoStoresShareAFile(mode: SQLiteBackend.Configuration.JournalMode) async throws {
        let backends = [
            try await open {
                $0.journalMode = mode
                $0.readers = 1
            },
            try await open { $0.journalMode = mode },
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                let backend = backends[index % 2]
                group.addTask { try await backend.append([.user("\(index)"), .assistant("\(index)")], to: "c") }
                group.addTask {
                    for limit in [20, 1000] {
                        let messages = try await backend.messages(of: "c", limit: limit)
                        #expect(messages.count.isMultiple(of: 2))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await backends[0].messages(of: "c", limit: 100).map(\.sequence) == Array(1...80))
        for backend in backends { try await backend.close() }
        #expect(try TestSQLiteConnection(path: path).execute("PRAGMA journal_mode") == [[mode.rawValue]])
        #expect(try TestSQLiteConnection(path: path).execute("PRAGMA integrity_check") == [["ok"]])
    }
}
