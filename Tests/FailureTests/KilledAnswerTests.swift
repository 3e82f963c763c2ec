import ChatStorageConformance
import ChatStorageCore
import TestSupport
import Testing

@testable import FailureWriter

/// Writers of answers that are killed: one message each, with the last checkpoint or the one that was being written.
@Suite("Processes die while they write answers") struct KilledAnswerTests {
    /// After this many kills a store is new, so that looking through it stays quick.
    private static let killsPerStore = 20

    @Test("a writer of answers is killed at any moment", arguments: try TestedStore.Kind.selected())
    func killed(kind: TestedStore.Kind) async throws {
        var generator = SplitMix64(seed: try SoakCount.seed &+ 2)
        var figures = Figures("killed writers of answers, \(kind.rawValue)")
        let kills = try SoakCount.kills.value
        var (repeats, recovered) = (0, 0)
        while figures.faults < kills {
            try await kind.withStore { store in
                var ledger = AnswerLedger()
                var missing = (lost: 0, doubled: 0)
                for _ in 0..<min(Self.killsPerStore, kills - figures.faults) {
                    let run = "\(figures.faults)"
                    // Jobs that are run again write the same messages.
                    let repeated = ledger.unended
                    repeats += repeated.count
                    let named = store.named(run)
                    let writer = try AnswerProcess(
                        ["answers", named.url, named.setting, run, "\(generator.next())"] + repeated)
                    for _ in 0..<Int.random(in: 0...150, using: &generator) {
                        ledger.add(try #require(try await writer.next(), "the writer ended"))
                    }
                    // The pause is the fault: it chooses the moment of the kill, and nothing that is asserted depends
                    // on it. A writer that has noted nothing is killed while it opens or makes the store.
                    try await Task.sleep(for: .microseconds(Int.random(in: 0...3_000, using: &generator)))
                    ledger.add(try await writer.kill())
                    figures.faults += 1
                    try await store.waitForEndOfSessions(named: run)
                    guard let stored = try await store.readAllBranches() else { continue }
                    missing = ledger.compare(with: stored)
                    if Bool.random(using: &generator) {
                        try await store.recoverAnswers(stored)
                        ledger.recover(stored)
                        recovered += 1
                    }
                    #expect(try store.integrity() ?? "ok" == "ok")
                }
                #expect(ledger.failures.isEmpty, "\(ledger.failures)")
                figures.add(ledger.acknowledged, lost: missing.lost, doubled: missing.doubled)
            }
        }
        print("\(figures.name): \(repeats) answers written again by the next writer, \(recovered) recoveries")
        figures.report()
    }
}
