import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import TestSupport
import Testing

@testable import FailureWriter

/// Callers that write answers for as long as something is done to their server, and what they noted.
///
/// Every second one tries again until it is acknowledged; the others give up soon. Some of what they gave up is
/// written again under the same key.
final class AnsweringCallers: Sendable {
    /// The name of the sessions, behind the schema.
    static let session = "answers"
    private static let schema = "answers"
    private static let count = 16
    private static let conversations = 4
    private static let patient = RetryPolicy(
        attempts: 1_000_000, firstDelay: .milliseconds(5), longestDelay: .milliseconds(50))
    private static let impatient = RetryPolicy(attempts: 2, firstDelay: .milliseconds(5))

    private let backend: any ChatStorageBackend
    private let seed: UInt64
    private let notes = CallersNotes(AnswerLedger())

    private init(_ backend: any ChatStorageBackend, seed: UInt64) {
        self.backend = backend
        self.seed = seed
    }

    /// Makes a store for them on a server, and opens it.
    static func open(_ url: String, schema: String = schema) async throws -> PostgresBackend {
        try await PostgresAwayTests.open(
            TestedStore.postgres(url: url, schema: schema).named(session).url, schema: schema)
    }

    /// That store, on the server that has it now.
    static func store(_ url: String) -> TestedStore { .postgres(url: url, schema: schema) }

    /// Has the callers write answers while the body runs.
    ///
    /// - Parameter body: Does something to the server; the server answers again when it returns.
    /// - Returns: What the callers noted.
    static func write(
        to backend: any ChatStorageBackend, seed: UInt64, during body: (AnsweringCallers) async throws -> Void
    ) async throws -> AnswerLedger {
        let callers = AnsweringCallers(backend, seed: seed)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<count { group.addTask { await callers.write(caller) } }
            // Callers that are not told to end would keep a test that failed from ending.
            defer { callers.notes.end() }
            try await body(callers)
        }
        return callers.notes.notes
    }

    /// Waits until this many more answers have ended.
    func end(_ count: Int) async throws {
        let before = notes.notes.ended
        try await notes.reach { $0.ended >= before + count }
    }

    private func write(_ caller: Int) async {
        var generator = SplitMix64(seed: seed &+ UInt64(caller))
        var number = 0
        while !Task.isCancelled, !notes.isEnding {
            number += 1
            let conversation = Int.random(in: 0..<Self.conversations, using: &generator)
            let name = "c\(conversation)/\(caller).\(number)"
            var attempt = 0
            repeat {
                attempt += 1
                var answer = WatchedAnswer.random(name, attempt: "\(attempt)", using: &generator)
                answer.checkpoints.retrying = caller.isMultiple(of: 2) ? Self.patient : Self.impatient
                await answer.write(to: backend) { note in self.notes.note { $0.add(note) } }
            } while !notes.isEnding && notes.notes.unended(name) && Bool.random(using: &generator)
        }
    }
}

extension AnswerLedger {
    /// Compares what was noted with what is there, and ends what is left under way.
    ///
    /// - Parameter store: A store that nobody writes into any more.
    mutating func compare(
        with store: TestedStore, _ figures: inout Figures, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await store.waitForEndOfSessions(named: AnsweringCallers.session)
        let stored = try #require(try await store.readAllBranches(), sourceLocation: sourceLocation)
        let (lost, doubled) = compare(with: stored, sourceLocation: sourceLocation)
        // After a call that failed, the next one can find a late checkpoint of it.
        let understood = failures.keys.allSatisfy { $0.hasPrefix("unavailable ") || $0 == "conflict -" }
        #expect(understood, "\(failures)", sourceLocation: sourceLocation)
        try await store.recoverAnswers(stored, sourceLocation: sourceLocation)
        figures.add(acknowledged, lost: lost, doubled: doubled)
        print("\(figures.name): \(ended) answers ended, \(unended.count) have an unknown end; \(failures)")
    }
}
