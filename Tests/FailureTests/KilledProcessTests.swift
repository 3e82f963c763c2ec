import ChatStorageConformance
import ChatStorageCore
import TestSupport
import Testing

@testable import FailureWriter

/// Writers that are killed: what they had acknowledged is there, and nothing is half there.
@Suite("Processes die") struct KilledProcessTests {
    /// After this many kills a store is new, so that its making is killed too, and looking through it stays quick.
    private static let killsPerStore = 20

    @Test("a writer is killed at any moment", arguments: try TestedStore.Kind.selected())
    func killed(kind: TestedStore.Kind) async throws {
        var generator = SplitMix64(seed: try SoakCount.seed)
        var figures = Figures("killed writers, \(kind.rawValue)")
        let kills = try SoakCount.kills.value
        var repeats = 0
        while figures.faults < kills {
            try await kind.withStore { store in
                var ledger = Ledger()
                var missing = (lost: 0, doubled: 0)
                // What a writer had begun and not acknowledged, the next one makes again, with its keys.
                var unacknowledged: [Announcement] = []
                for _ in 0..<min(Self.killsPerStore, kills - figures.faults) {
                    let repeated = unacknowledged
                    repeats += repeated.count
                    let writer = try WriterProcess(
                        store, run: "\(figures.faults)", seed: generator.next(), repeating: repeated)
                    ledger.add(try await acknowledgements(writer, count: .random(in: 0...60, using: &generator)))
                    // The pause is the fault: it chooses the moment of the kill, and nothing that is asserted depends
                    // on it. A writer that has answered nothing is killed while it opens or makes the store.
                    try await Task.sleep(for: .microseconds(Int.random(in: 0...3_000, using: &generator)))
                    ledger.add(try await writer.kill())
                    figures.faults += 1
                    // A writer that was killed at once may not have come to what it was to repeat.
                    unacknowledged =
                        repeated.filter { !ledger.contains($0.batch) && writer.unacknowledged[$0.batch.name] == nil }
                        + writer.unacknowledged.values.sorted { $0.batch.name < $1.batch.name }
                    missing = try await compare(store, with: ledger)
                }
                figures.add(ledger.count, lost: missing.lost, doubled: missing.doubled)
            }
        }
        print("\(figures.name): \(repeats) appends repeated by the next writer")
        figures.report()
    }

    @Test("of two writers of one file one is killed, and the other goes on", arguments: ["wal", "delete"])
    func oneOfTwo(journalMode: String) async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        var generator = SplitMix64(seed: try SoakCount.seed &+ 1)
        var figures = Figures("killed beside another writer, SQLite, \(journalMode)")
        // Each kill here takes as long as many in the test above.
        let kills = max(2, try SoakCount.kills.value / 10)
        while figures.faults < kills {
            let store = TestedStore.sqlite(folder: try TemporaryFolder(), journalMode: journalMode)
            var ledger = Ledger()
            let survivor = try WriterProcess(store, run: "survivor", seed: generator.next())
            ledger.add(try await acknowledgements(survivor, count: 1))
            for _ in 0..<min(Self.killsPerStore, kills - figures.faults) {
                let writer = try WriterProcess(store, run: "\(figures.faults)", seed: generator.next())
                ledger.add(try await acknowledgements(writer, count: .random(in: 1...20, using: &generator)))
                ledger.add(try await writer.kill())
                figures.faults += 1
                let stored = try #require(try await store.read())
                // What it says first may have lain in its pipe; only a higher sequence is a write after the kill.
                var isAfterKill = false
                while !isAfterKill {
                    let next = try #require(try await survivor.next(), "the other writer ended")
                    ledger.add([next])
                    isAfterKill = next.firstSequence > stored[next.conversation]?.last?.sequence ?? 0
                }
            }
            ledger.add(try await survivor.kill())
            let (lost, doubled) = try await compare(store, with: ledger)
            figures.add(ledger.count, lost: lost, doubled: doubled)
        }
        figures.report()
    }

    /// Reads a number of acknowledgements, or all there are if the writer ends before.
    private func acknowledgements(_ writer: WriterProcess, count: Int) async throws -> [Acknowledgement] {
        var acknowledgements: [Acknowledgement] = []
        while acknowledgements.count < count, let next = try await writer.next() { acknowledgements.append(next) }
        return acknowledgements
    }

    private func compare(_ store: TestedStore, with ledger: Ledger) async throws -> (lost: Int, doubled: Int) {
        // The library first: it is what has to cope with the files that the writer left.
        let missing = ledger.compare(with: try await store.read() ?? [:])
        let integrity = try store.integrity()
        #expect(integrity == nil || integrity == "ok")
        return missing
    }
}
