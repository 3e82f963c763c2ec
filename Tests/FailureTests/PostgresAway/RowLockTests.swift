import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

@testable import FailureWriter

extension PostgresAwayTests {
    /// A row that another session keeps locked.
    @Suite("a row lock") struct RowLockTests {
        private static let lockTimeout = Duration.seconds(4)
        private static let callTimeout = Duration.seconds(6)
        private static let callers = 48
        private static let lockedCallers = 16

        @Test("calls that need other rows are delayed by no more than the lock timeout")
        func others() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            try await TestPostgres.withSchema { url, schema in
                let backend = try await PostgresAwayTests.open(url, schema: schema) {
                    $0.lockTimeout = Self.lockTimeout
                }
                try await backend.createConversation("locked")
                // What the calls take anyway, on a machine as busy as it is.
                let unhindered = try await callOthers(backend, run: "before")
                let holder = try lock(url, schema)
                var told = try await withThrowingTaskGroup(of: Told.self) { group in
                    for caller in 0..<Self.lockedCallers {
                        group.addTask { try await callLocked(backend, caller) }
                    }
                    let waiting = """
                        SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%\(schema)%'
                        """
                    try await waitUntil { try await !TestPostgres.execute(waiting).isEmpty }
                    var told = try await callOthers(backend, run: "meanwhile")
                    #expect(told.longestCall < Self.lockTimeout + .seconds(2) + unhindered.longestCall * 10)
                    try holder.execute("COMMIT")
                    for try await locked in group { told.add(locked) }
                    return told
                }
                told.add(unhindered)
                try await backend.close()
                var figures = Figures("held row locks, PostgreSQL")
                try await compare(told, url, schema, &figures)
            }
        }

        @Test("calls that need the row end at their deadline")
        func deadline() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            try await TestPostgres.withSchema { url, schema in
                let backend = try await PostgresAwayTests.open(url, schema: schema) {
                    $0.lockTimeout = .seconds(60)
                    $0.callTimeout = Self.callTimeout
                }
                try await backend.createConversation("locked")
                let holder = try lock(url, schema)
                var told = Told()
                let timers = try await Lateness.ofTimers {
                    try await withThrowingTaskGroup(of: Told.self) { group in
                        for caller in 0..<Self.lockedCallers {
                            group.addTask { try await callLocked(backend, caller) }
                        }
                        for try await locked in group { told.add(locked) }
                    }
                }
                #expect(told.failures == Self.lockedCallers)
                #expect(told.longestCall - Self.callTimeout < Lateness.allowed(besideTimers: timers))
                try holder.execute("COMMIT")
                told.add(try await callLocked(backend, Self.lockedCallers))
                try await backend.close()
                var figures = Figures("row locks beyond the deadline, PostgreSQL")
                try await compare(told, url, schema, &figures)
            }
        }

        private struct Told: Sendable {
            var ledger = Ledger()
            var failures = 0
            var longestCall = Duration.zero

            mutating func add(_ other: Told) {
                ledger.add(other.ledger)
                failures += other.failures
                longestCall = max(longestCall, other.longestCall)
            }
        }

        private func lock(_ url: String, _ schema: String) throws -> TestPostgresConnection {
            let holder = try TestPostgresConnection(url: url)
            try holder.execute(
                "BEGIN; SELECT FROM \(schema).conversations WHERE conversation_id = 'locked' FOR UPDATE")
            return holder
        }

        /// Appends to conversations that nobody has locked.
        private func callOthers(_ backend: PostgresBackend, run: String) async throws -> Told {
            try await withThrowingTaskGroup(of: Told.self) { group in
                for caller in 0..<Self.callers {
                    group.addTask {
                        var told = Told()
                        for number in 0..<5 {
                            let batch = WrittenBatch(name: "\(run).\(caller).\(number)", count: 2)
                            try await append(batch, keyed: caller % 8 < 4, to: "c\(caller % 16)", backend, &told)
                        }
                        return told
                    }
                }
                return try await group.reduce(into: Told()) { $0.add($1) }
            }
        }

        /// Appends once to the locked conversation.
        private func callLocked(_ backend: PostgresBackend, _ caller: Int) async throws -> Told {
            var told = Told()
            let batch = WrittenBatch(name: "locked.\(caller)", count: 2)
            do {
                try await append(batch, keyed: caller.isMultiple(of: 2), to: "locked", backend, &told)
            } catch let error as ChatStorageError {
                #expect(error.code == .unavailable && error.writeOutcome != nil, "\(error)")
                if error.writeOutcome == .notApplied { told.ledger.refuse(batch) }
                told.failures += 1
            }
            return told
        }

        private func append(
            _ batch: WrittenBatch, keyed: Bool, to conversation: String, _ backend: PostgresBackend, _ told: inout Told
        ) async throws {
            let started = ContinuousClock.now
            defer { told.longestCall = max(told.longestCall, ContinuousClock.now - started) }
            let stored = try await backend.append(batch.messages(keyed: keyed), to: ConversationID(conversation))
            let first = try #require(stored.first)
            told.ledger.add([
                Acknowledgement(conversation: conversation, firstSequence: first.sequence, batch: batch)
            ])
        }

        private func compare(_ told: Told, _ url: String, _ schema: String, _ figures: inout Figures) async throws {
            let stored = try #require(try await TestedStore.postgres(url: url, schema: schema).read())
            let (lost, doubled) = told.ledger.compare(with: stored)
            figures.faults = told.failures
            figures.add(told.ledger.count, lost: lost, doubled: doubled)
            figures.report()
        }
    }
}
