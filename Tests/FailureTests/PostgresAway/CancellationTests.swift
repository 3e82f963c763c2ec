import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

@testable import FailureWriter

extension PostgresAwayTests {
    /// Callers who do not wait for their answers.
    @Suite("cancelled calls") struct CancellationTests {
        private struct Told: Sendable {
            var ledger = Ledger()
            var cancelled = 0
        }

        @Test("calls are cancelled at random among 64 callers")
        func cancelled() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            try await TestPostgres.withSchema { url, schema in
                let backend = try await PostgresAwayTests.open(url, schema: schema)
                var figures = Figures("cancelled calls, PostgreSQL")
                var generator = SplitMix64(seed: try SoakCount.seed)
                let cancels = try SoakCount.cancels.value
                var ledger = Ledger()
                var run = 0
                while figures.faults < cancels {
                    run += 1
                    let told = try await withThrowingTaskGroup(of: Told.self) { group in
                        for caller in 0..<64 {
                            let (seed, run) = (generator.next(), run)
                            group.addTask { try await call(backend, as: "\(run).\(caller)", caller, seed: seed) }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    for told in told {
                        ledger.add(told.ledger)
                        figures.faults += told.cancelled
                    }
                }
                try await backend.close()
                let stored = try #require(try await TestedStore.postgres(url: url, schema: schema).read())
                let (lost, doubled) = ledger.compare(with: stored)
                figures.add(ledger.count, lost: lost, doubled: doubled)
                figures.report()
            }
        }

        @Test("calls that are under way, or wait behind these, end at once when they are cancelled")
        func cancelledUnderWay() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            try await TestPostgres.withSchema { url, schema in
                let backend = try await PostgresAwayTests.open(url, schema: schema) {
                    $0.lockTimeout = .seconds(50)
                }
                try await backend.append(.user("x"), to: "c")
                let holder = try TestPostgresConnection(url: url)
                try holder.execute("BEGIN; SELECT FROM \(schema).conversations FOR UPDATE")
                let calls = (0..<64).map { _ in Task { try await backend.append([.user("a"), .user("b")], to: "c") } }
                let locked = """
                    SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%\(schema)%'
                    """
                let observer = try TestPostgresConnection(url: url)
                try await waitUntil { try !observer.execute(locked).isEmpty }
                for call in calls { call.cancel() }
                // The row is locked until this is over.
                for call in calls { await #expect(throws: CancellationError.self) { try await call.value } }
                try holder.execute("COMMIT")
                try await backend.append(.user("x"), to: "c")
                // Those that were under way have happened or not, each whole.
                let stored = try await backend.history(of: "c", limit: .max).map(\.content).filter { $0 != "x" }
                #expect(stored == stored.indices.map { ["a", "b"][$0 % 2] })
                try await backend.close()
            }
        }

        /// Makes some calls, of which those of every fourth caller are never cancelled and so never fail.
        private func call(
            _ backend: PostgresBackend, as name: String, _ caller: Int, seed: UInt64
        ) async throws -> Told {
            var told = Told()
            var generator = SplitMix64(seed: seed)
            for number in 0..<10 {
                let batch = WrittenBatch(name: "\(name).\(number)", count: .random(in: 1...3, using: &generator))
                let conversation = ConversationID("c\(Int.random(in: 0..<8, using: &generator))")
                let hasKeys = Bool.random(using: &generator)
                let messages = batch.messages(keyed: hasKeys)
                let append = Task { try await backend.append(messages, to: conversation) }
                let read = Task { try await backend.messages(of: conversation, limit: 10) }
                if !caller.isMultiple(of: 4) {
                    // Before they are sent, while they are under way, or when one of them has its answer.
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: for _ in 0..<Int.random(in: 0...40, using: &generator) { await Task.yield() }
                    case 1: _ = await read.result
                    default: _ = await append.result
                    }
                    append.cancel()
                    read.cancel()
                }
                do {
                    _ = try await read.value
                } catch is CancellationError where !caller.isMultiple(of: 4) {
                    told.cancelled += 1
                }
                var stored: [Message] = []
                do {
                    stored = try await append.value
                } catch is CancellationError where !caller.isMultiple(of: 4) {
                    told.cancelled += 1
                    try Task.checkCancellation()
                    // It has happened or not, now or a moment later; with its keys it is not done twice.
                    if hasKeys { stored = try await backend.append(messages, to: conversation) }
                }
                guard let first = stored.first else { continue }
                told.ledger.add([
                    Acknowledgement(
                        conversation: conversation.rawValue, firstSequence: first.sequence, batch: batch)
                ])
            }
            return told
        }
    }
}
