import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

@testable import FailureWriter

/// A disk that takes long to keep what is written, and processes that share a file on it.
@Suite("Slow disks") struct SlowDiskTests {
    #if os(Linux)
    private static let canSlowSyncs = true
    #else
    private static let canSlowSyncs = false
    #endif

    @Test(
        "beside a process that always has something to write others get their turns",
        .enabled(if: canSlowSyncs, "a program's own fsync stands before the system's on Linux only"),
        arguments: [SQLiteBackend.Configuration.JournalMode.wal, .delete])
    func turns(journalMode: SQLiteBackend.Configuration.JournalMode) async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let store = TestedStore.sqlite(folder: try TemporaryFolder(), journalMode: journalMode.rawValue)
        // With a rollback journal a commit makes several syncs, and nobody reads during most of them.
        let writer = try WriterProcess(
            store, run: "writer", seed: try SoakCount.seed, syncDelay: journalMode == .wal ? 100 : 25)
        #expect(try await writer.next() != nil)
        let backend = try await FailureWriter.open(store.url, setting: store.setting)
        for number in 1...5 {
            // Any of these would end as `unavailable` after the busy timeout.
            #expect(try await backend.append(.user("\(number)"), to: "beside").sequence == Int64(number))
            #expect(try await backend.messages(of: "beside").count == number)
        }
        try await backend.close()
        _ = try await writer.kill()
    }
}
