import ChatStorageCore
import ChatStoragePostgres
import Synchronization
import TestSupport
import Testing

@testable import FailureWriter

/// A slow store slows the checkpoints of an answer, and not the model.
///
/// The store is not slow but stands still, until the test lets it go: nothing depends on how fast the machine is.
@Suite("Answers on slow stores", .timeLimit(.minutes(30))) struct SlowAnswerTests {
    /// The pieces of one answer stay few enough to be one message.
    private static let holdsPerAnswer = 5

    #if os(Linux)
    private static let canHoldSyncs = true
    #else
    private static let canHoldSyncs = false
    #endif

    @Test(
        "a disk keeps checkpoints waiting while pieces come",
        .enabled(if: canHoldSyncs, "a program's own fsync stands before the system's on Linux only"),
        arguments: [TestedStore.Kind.writeAheadLog, .rollbackJournal])
    func disk(kind: TestedStore.Kind) async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        try await check(kind) { store, name in
            let lines = try await LineProcess(["held", store.url, store.setting, name, "\(Self.holdsPerAnswer)"]).rest()
            return try #require(lines.first.flatMap { HeldCheckpoints(line: $0) }, "\(lines)")
        }
    }

    @Test("a row lock keeps checkpoints waiting while pieces come")
    func rowLock() async throws {
        guard try TestBackends.postgres.isSelected() else { return }
        try await check(.postgres) { store, name in
            guard case .postgres(let url, let schema) = store else { throw CancellationError() }
            let session = "\(schema).answers"
            let backend = try await PostgresAwayTests.open(
                adding("application_name=\(session)", to: url), schema: schema
            ) {
                // However slow the machine is, what waits for the row is not given up.
                $0.lockTimeout = .seconds(900)
                $0.callTimeout = .seconds(1_000)
            }
            let holder = Mutex(try TestPostgresConnection(url: url))
            let waiting = """
                SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = '\(session)'
                """
            let held = try await HeldCheckpoints.write(
                name, to: backend, holds: Self.holdsPerAnswer,
                HeldCheckpoints.Brake(
                    hold: {
                        _ = try holder.withLock {
                            try $0.execute("BEGIN; SELECT FROM \(schema).chat_messages FOR UPDATE")
                        }
                    },
                    isHolding: { try await !TestPostgres.execute(waiting).isEmpty },
                    release: { _ = try holder.withLock { try $0.execute("COMMIT") } }))
            try await backend.close()
            return held
        }
    }

    /// Writes answers, and compares what is there with what was given.
    private func check(
        _ kind: TestedStore.Kind, _ write: (TestedStore, String) async throws -> HeldCheckpoints
    ) async throws {
        var figures = Figures("answers on a store that stands still, \(kind.rawValue)")
        let holds = try SoakCount.holds.value
        try await kind.withStore { store in
            while figures.faults < holds {
                let name = "\(HeldCheckpoints.conversation)/\(figures.faults)"
                let held = try await write(store, name)
                figures.faults += Self.holdsPerAnswer
                #expect(held.pieces == Self.holdsPerAnswer * (1 + HeldCheckpoints.piecesPerHold))
                // Two for each hold: the revision that is held, and one with all that came meanwhile.
                #expect(held.revisions <= 2 * Self.holdsPerAnswer, "\(held.revisions)")
                #expect(held.mostAtOnce == 1)
                let stored = try await store.readAllBranches()?[HeldCheckpoints.conversation.rawValue]
                let message = try #require(stored?.last)
                #expect(message.key == name && message.state == .complete)
                let pieces = AnswerText(content: message.content)?.pieces ?? 0
                figures.add(
                    held.pieces, lost: max(0, held.pieces - pieces),
                    doubled: max(0, pieces - held.pieces))
            }
        }
        figures.report()
    }
}
