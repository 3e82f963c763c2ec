import ChatStorageCore
import TestSupport
import Testing

@testable import FailureWriter

/// A disk that is full in mid-transaction: calls are `unavailable`, nothing is half there, and with room all goes on.
@Suite("SQLite: a full disk", .serialized) struct FullDiskTests {
    @Test("appends until the disk is full, and again once there is room", arguments: ["wal", "delete"])
    func appends(journalMode: String) async throws {
        guard let disk = try smallDisk() else { return }
        let store = TestedStore.sqlite(folder: disk.folder, journalMode: journalMode)
        let backend = try await FailureWriter.open(store.url, setting: journalMode)
        try await backend.prepare()
        var figures = Figures("full disk, SQLite, \(journalMode)")
        var ledger = Ledger()
        try await ledger.add(
            appendsTo: backend, untilFull: disk, taking: { 1_200_000 - $0 * 200_000 }, &figures
        ) { error in
            #expect(error.code == .unavailable && error.writeOutcome != nil, "\(error)")
        }
        try await backend.close()
        let stored = try #require(try await store.read()).filter { !$0.key.hasPrefix("room") }
        let (lost, doubled) = ledger.compare(with: stored)
        figures.add(ledger.count, lost: lost, doubled: doubled)
        #expect(try store.integrity() == "ok")
        figures.report()
    }

    @Test("a store is made on a full disk once there is room", arguments: ["wal", "delete"])
    func prepares(journalMode: String) async throws {
        guard let disk = try smallDisk() else { return }
        try disk.fill()
        let store = TestedStore.sqlite(folder: disk.folder, journalMode: journalMode)
        let backend = try await FailureWriter.open(store.url, setting: journalMode)
        let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
        #expect(error?.code == .unavailable)
        try disk.makeRoom()
        try await backend.prepare()
        #expect(try await backend.append(.user("x"), to: "c").sequence == 1)
        try await backend.close()
    }

    private func smallDisk() throws -> SmallDisk? {
        guard try TestBackends.sqlite.isSelected() else { return nil }
        return try SmallDisk.ifMountable(for: "the tests of a full disk")
    }
}
