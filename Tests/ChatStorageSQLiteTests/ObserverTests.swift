import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// What an observer learns of a SQLite file: where a call's time went, who shared its transaction, the log's moves.
@Suite("SQLite: observer") struct ObserverTests {
    private let folder: TemporaryFolder
    private let observer = RecordingObserver()
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder()
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.observer = observer
        // Locks are held here until others are seen to wait for them, however busy the machine is.
        configuration.busyTimeout = .seconds(300)
        backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
    }

    private func otherConnection() throws -> TestSQLiteConnection {
        try TestSQLiteConnection(path: folder.path(of: "chat.db"))
    }

    @Test("a wait for another process's lock is told from work of the engine") func lockWait() async throws {
        let observer = RecordingObserver()
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.observer = observer
        configuration.busyTimeout = .milliseconds(300)
        let waiting = try await SQLiteBackend(configuration)
        let other = try otherConnection()
        try other.execute("BEGIN IMMEDIATE")
        await #expect(throws: ChatStorageError.self) { try await waiting.append(.user("waits"), to: "c") }
        let report = try #require(observer.calls.last)
        // It asks until the time is over, which is the least that it has waited.
        #expect(report.lockWait >= .milliseconds(300) && report.error?.code == .unavailable, "\(report)")
        #expect(report.engine + report.lockWait <= report.duration, "\(report)")
        try other.execute("COMMIT")
        try await waiting.close()

        try other.execute(
            """
            CREATE TRIGGER slow AFTER INSERT ON chat_messages BEGIN
                SELECT count(*) FROM (
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT i FROM n);
            END;
            """)
        try await backend.append(.user("slow"), to: "c")
        let slow = try #require(self.observer.calls.last)
        #expect(slow.lockWait == .zero && slow.engine > .zero, "\(slow)")
        try await backend.close()
    }

    /// Appends messages to conversations of their own, so that all but the first join its transaction.
    private func appendTogether(_ texts: [String], besides other: TestSQLiteConnection) async throws {
        try other.execute("BEGIN IMMEDIATE")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, text) in texts.enumerated() {
                group.addTask { [backend] in
                    _ = try? await backend.append(.user(text), to: ConversationID("c\(index)"))
                }
                // The first waits for the lock, and the others for the first.
                try await waitUntil {
                    let statistics = try await backend.statistics()
                    return statistics.busyConnections == 1 && statistics.waitingCalls == index
                }
            }
            try other.execute("COMMIT")
            try await group.waitForAll()
        }
    }

    @Test("calls that share a transaction know how many they are") func batches() async throws {
        try await appendTogether((0..<20).map { "\($0)" }, besides: otherConnection())
        let appends = observer.calls.filter { $0.operation == .append }
        #expect(appends.map(\.batchSize) == Array(repeating: 20, count: 20))
        #expect(appends.allSatisfy { $0.error == nil && $0.repeats == 0 })
        #expect(observer.commits.map(\.calls) == [20])
        try await backend.close()
    }

    @Test("calls that are made again say so, and one that failed says why") func repeats() async throws {
        let other = try otherConnection()
        try other.execute(
            """
            CREATE TRIGGER refuses AFTER INSERT ON chat_messages WHEN new.content = 'bad' BEGIN
                SELECT RAISE(FAIL, 'no');
            END;
            """)
        try await appendTogether(["good", "bad", "good"], besides: other)
        let appends = observer.calls.filter { $0.operation == .append }
        #expect(appends.compactMap(\.error?.code) == [.schemaMismatch])
        #expect(appends.map(\.repeats) == [1, 1, 1])
        #expect(observer.commits.map(\.calls) == [2])
        try await backend.close()
    }

    @Test("connections and moves of the log are reported") func connectionsAndCheckpoints() async throws {
        for index in 0..<6 {
            try await backend.append(.user(String(repeating: "x", count: 1 << 20)), to: "c\(index)")
        }
        _ = try await backend.conversations()
        // The log is moved in an idle moment after the last append has returned.
        try await waitUntil { observer.checkpoints.contains(where: \.isComplete) }
        #expect(observer.checkpoints.allSatisfy { $0.pages >= 1_000 && $0.duration > .zero })
        let statistics = try await backend.statistics()
        #expect(statistics.openConnections == 2 && statistics.connectionLimit == 5 && statistics.waitingCalls == 0)
        #expect(statistics.schemaVersion == 1)
        #expect(statistics.logBytes ?? 0 > 1 << 20)
        #expect(observer.opened.map(\.purpose) == [.writing, .reading] && observer.closed.isEmpty)
        try await backend.close()
        #expect(observer.closed.map(\.purpose) == [.reading, .writing])
        #expect(observer.closed.map(\.open) == [0, 0])
        #expect(observer.closed.allSatisfy { $0.error == nil } && observer.failures.isEmpty)
    }

    @Test("a file that cannot be opened is reported") func failedConnection() async throws {
        // Calls open it, and `prepare()` has closed it again.
        try FileManager.default.removeItem(atPath: folder.path(of: "chat.db"))
        let error = await #expect(throws: ChatStorageError.self) { try await backend.append(.user("x"), to: "c") }
        #expect(error?.code == .accessDenied, "\(error as Any)")
        #expect(observer.failures.map(\.code) == [.accessDenied] && observer.opened.isEmpty)
        try await backend.close()
    }

    @Test("a schema that is too new is reported, and statistics need no file") func failures() async throws {
        try await backend.close()
        let observer = RecordingObserver()
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.observer = observer
        let backend = try await SQLiteBackend(configuration)
        #expect(try await backend.statistics() == StorageStatistics(connectionLimit: 5))
        try await backend.prepare()
        try otherConnection().execute("UPDATE chat_storage_schema SET schema_version = 99, minimum_schema_version = 99")
        await #expect(throws: ChatStorageError.self) { try await backend.append(.user("x"), to: "c") }
        #expect(observer.calls.last?.error?.code == .schemaTooNew, "\(observer.calls)")
        try await backend.close()
        await #expect(throws: ChatStorageError.self) { try await backend.statistics() }
    }
}
