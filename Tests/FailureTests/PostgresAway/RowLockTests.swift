import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

@testable import FailureWriter

extension PostgresAwayTests {
    /// A row that another session keeps locked.
    @Suite("a row lock") struct RowLockTests {
        private static let lockTimeout = Duration.seconds(2)
        private static let callTimeout = Duration.seconds(7)

        @Test("calls that need the row end at their deadline; the others are delayed by no more than the lock timeout")
        func held() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            try await TestPostgres.withSchema { url, schema in
                let backend = try await PostgresAwayTests.open(url, schema: schema) {
                    $0.lockTimeout = Self.lockTimeout
                    $0.callTimeout = Self.callTimeout
                }
                try await backend.createConversation("locked")
                let holder = try TestPostgresConnection(url: url)
                try holder.execute(
                    "BEGIN; SELECT FROM \(schema).conversations WHERE conversation_id = 'locked' FOR UPDATE")
                var ledger = Ledger()
                var figures = Figures("held row locks, PostgreSQL")
                try await withThrowingTaskGroup(of: Told.self) { group in
                    for caller in 0..<64 {
                        group.addTask { try await call(backend, caller) }
                    }
                    for try await told in group {
                        ledger.add(told.ledger)
                        figures.faults += told.failures
                        // A machine that is busy with other things adds to it.
                        let longest = told.failures > 0 ? Self.callTimeout : Self.lockTimeout
                        #expect(told.longestCall < longest * 4)
                    }
                }
                #expect(figures.faults == 16)
                try holder.execute("COMMIT")
                let batch = WrittenBatch(name: "after", count: 1)
                let after = try await backend.append(batch.messages(keyed: false), to: "locked")
                ledger.add([
                    Acknowledgement(
                        conversation: "locked", firstSequence: after.first?.sequence ?? 0, batch: batch)
                ])
                try await backend.close()
                let stored = try #require(try await TestedStore.postgres(url: url, schema: schema).read())
                let (lost, doubled) = ledger.compare(with: stored)
                figures.add(ledger.count, lost: lost, doubled: doubled)
                figures.report()
            }
        }

        private struct Told: Sendable {
            var ledger = Ledger()
            var failures = 0
            var longestCall = Duration.zero
        }

        /// Appends once to the locked conversation, or often to others, all while the lock is held.
        private func call(_ backend: PostgresBackend, _ caller: Int) async throws -> Told {
            var told = Told()
            let isLocked = caller.isMultiple(of: 4)
            for number in 0..<(isLocked ? 1 : 5) {
                let batch = WrittenBatch(name: "\(caller).\(number)", count: 2)
                let conversation = isLocked ? "locked" : "c\(caller % 16)"
                let started = ContinuousClock.now
                do {
                    let stored = try await backend.append(
                        batch.messages(keyed: caller % 8 < 4), to: ConversationID(conversation))
                    #expect(!isLocked)
                    told.ledger.add([
                        Acknowledgement(
                            conversation: conversation, firstSequence: stored.first?.sequence ?? 0, batch: batch)
                    ])
                } catch let error as ChatStorageError where isLocked {
                    #expect(error.code == .unavailable && error.writeOutcome != nil, "\(error)")
                    if error.writeOutcome == .notApplied { told.ledger.refuse(batch) }
                    told.failures += 1
                }
                told.longestCall = max(told.longestCall, ContinuousClock.now - started)
            }
            return told
        }
    }
}
