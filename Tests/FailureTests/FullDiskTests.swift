import ChatStorageConformance
import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

@testable import FailureWriter

/// A disk that is full in mid-transaction: calls are `unavailable`, nothing is half there, and with room all goes on.
@Suite("SQLite: a full disk", .serialized) struct FullDiskTests {
    private static let callers = 8

    @Test("appends until the disk is full, and again once there is room", arguments: ["wal", "delete"])
    func appends(journalMode: String) async throws {
        guard let disk = try smallDisk() else { return }
        let store = TestedStore.sqlite(folder: disk.folder, journalMode: journalMode)
        let backend = try await FailureWriter.open(store.url, setting: journalMode)
        try await backend.prepare()
        var figures = Figures("full disk, SQLite, \(journalMode)")
        var ledger = Ledger()
        var generator = SplitMix64(seed: try SoakCount.seed)
        for round in 0..<5 {
            // The disk fills up at another place of a transaction each time.
            try disk.fill(bytes: 1_200_000 - round * 200_000 + .random(in: 0..<20_000, using: &generator))
            let refusals = try await withThrowingTaskGroup(of: ([Acknowledgement], ChatStorageError).self) { group in
                for caller in 0..<Self.callers {
                    group.addTask { try await append(to: backend, as: "\(round).\(caller)") }
                }
                var refusals: [ChatStorageError] = []
                for try await (acknowledged, error) in group {
                    ledger.add(acknowledged)
                    refusals.append(error)
                }
                return refusals
            }
            figures.faults += refusals.count
            for error in refusals {
                #expect(error.code == .unavailable && error.writeOutcome != nil, "\(error)")
            }
            // Still full: what is stored can be read.
            _ = ledger.compare(with: try await read(backend))
            try disk.makeRoom()
            try await backend.append(.user("room"), to: "room \(round)")
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

    /// Appends until the storage refuses.
    private func append(
        to backend: any ChatStorageBackend, as name: String
    ) async throws -> ([Acknowledgement], ChatStorageError) {
        var acknowledged: [Acknowledgement] = []
        while true {
            let batch = WrittenBatch(name: "\(name).\(acknowledged.count)", count: 3)
            do {
                let stored = try await backend.append(
                    (0..<3).map { .user(batch.content($0, padding: 700)) }, to: "c")
                acknowledged.append(
                    Acknowledgement(conversation: "c", firstSequence: stored.first?.sequence ?? 0, batch: batch))
            } catch let error as ChatStorageError {
                return (acknowledged, error)
            }
        }
    }

    private func read(_ backend: any ChatStorageBackend) async throws -> [String: [Message]] {
        ["c": try await backend.messages(of: "c", .after(0), limit: .max)]
    }

    private func smallDisk() throws -> SmallDisk? {
        guard try TestBackends.sqlite.isSelected() else { return nil }
        do {
            return try SmallDisk()
        } catch let error as SmallDisk.CannotMount {
            print("Skipped the tests of a full disk: \(error)")
            return nil
        }
    }
}
