import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

@testable import FailureWriter

/// A disk that takes long to keep what is written, and processes that share a file on it.
@Suite("Slow disks") struct SlowDiskTests {
    #if os(Linux)
    private static let canSlowSyncs = true
    private static let canSlowReads = true
    #else
    private static let canSlowSyncs = false
    private static let canSlowReads = false
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

    @Test(
        "reads leave the threads that all tasks share to others",
        .enabled(if: canSlowReads, "a program's own pread stands before the system's on Linux only"),
        arguments: [SQLiteBackend.Configuration.JournalMode.wal, .delete], [0, 100])
    func reads(journalMode: SQLiteBackend.Configuration.JournalMode, after quickReads: Int) async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let folder = try TemporaryFolder()
        let store = TestedStore.sqlite(folder: folder, journalMode: journalMode.rawValue)
        // More than there are threads for tasks.
        let readers = max(4, ProcessInfo.processInfo.activeProcessorCount * 2)
        let backend = try await FailureWriter.open(store.url, setting: store.setting)
        try await backend.prepare()
        // About a page each.
        let messages = (0..<20).map { _ in ChatMessage.user(String(repeating: "x", count: 3_000)) }
        for reader in 0..<readers {
            for number in 0..<SlowReads.conversationsPerReader {
                try await backend.append(messages, to: SlowReads.conversation(ofReader: reader, number))
            }
        }
        try await backend.close()
        let run = try await Executable.run(
            [
                TestedPackage.executable("FailureWriter").path, "reads", store.url, store.setting, "\(readers)", "50",
                "\(quickReads)",
            ],
            in: folder)
        let reads = try #require(
            run.output.split(separator: "\n").first.flatMap { SlowReads(line: $0) }, "\(run.output)")
        #expect(reads.slowed >= readers, "\(reads)")
        // A busy machine makes some timers later by less than that; blocked threads made them seconds late.
        #expect(reads.greatest < reads.greatestAlone + 500_000, "\(reads)")
    }
}
