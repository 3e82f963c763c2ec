import ChatStorageConformance
import ChatStorageCore
import Testing

@testable import FailureWriter

/// Callers that append and read for as long as something is done to their server, and what they were told.
///
/// Every second one appends with keys, and repeats what was not acknowledged until it is; half of these by the
/// library's own convenience. The others append without keys, and never repeat anything.
final class Callers: Sendable {
    /// What the callers were told.
    struct Told: Sendable {
        var ledger = Ledger()
        /// Appends that were not applied, or may not have been.
        var failedAppends = 0
        var reads = 0
        var failedReads = 0
        /// What reads failed with.
        var readErrors: Set<String> = []
        /// The callers with a failed call, among those whose calls the library does not repeat.
        var failed: Set<Int> = []
        /// Of the calls that the library does not repeat.
        var longestCall = Duration.zero
        /// How late the process's timers were meanwhile.
        var timerLateness = Duration.zero
        /// What nobody should have been told.
        var complaints: [String] = []
    }

    static let count = 64
    private static let conversations = 16
    private static let patient = RetryPolicy(
        attempts: 100_000, firstDelay: .milliseconds(5), longestDelay: .milliseconds(50))

    private let storage: any ChatStorage
    private let run: String
    private let seed: UInt64
    private let notes = CallersNotes(Told())

    private init(_ storage: any ChatStorage, run: String, seed: UInt64) {
        self.storage = storage
        self.run = run
        self.seed = seed
    }

    /// Has the callers call while the body runs.
    ///
    /// - Parameters:
    ///   - run: What distinguishes these callers' appends from others of the same store.
    ///   - body: Does something to the server; the server answers again when it returns.
    /// - Returns: What the callers were told.
    static func call(
        _ storage: any ChatStorage, run: String = "1", seed: UInt64, during body: (Callers) async throws -> Void
    ) async throws -> Told {
        let callers = Callers(storage, run: run, seed: seed)
        let lateness = try await Lateness.ofTimers {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<count { group.addTask { await callers.call(caller) } }
                // Callers that are not told to end would keep a test that failed from ending.
                defer { callers.notes.end() }
                try await body(callers)
            }
        }
        callers.note { $0.timerLateness = lateness }
        return callers.told
    }

    /// What the callers were told so far.
    var told: Told { notes.notes }

    func reach(_ condition: @escaping @Sendable (Told) -> Bool) async throws { try await notes.reach(condition) }

    /// Waits until this many more appends have been acknowledged, and as many reads answered.
    func acknowledge(_ count: Int) async throws {
        let before = told
        try await reach { $0.ledger.count >= before.ledger.count + count && $0.reads >= before.reads + count }
    }

    /// Waits until one more call of every caller has failed.
    ///
    /// Callers whose calls the library repeats are left out, since their calls do not fail.
    func allFail() async throws {
        note { $0.failed = [] }
        try await reach { $0.failed.count == (0..<Self.count).count { !Self.isRepeatedByLibrary($0) } }
    }

    private static func isRepeatedByLibrary(_ caller: Int) -> Bool { caller % 4 == 3 }

    private func note(_ change: (inout Told) -> Void) { notes.note(change) }

    private func call(_ caller: Int) async {
        var generator = SplitMix64(seed: seed &+ UInt64(caller))
        var number = 0
        while !Task.isCancelled, !notes.isEnding {
            number += 1
            let batch = WrittenBatch(name: "\(run).\(caller).\(number)", count: .random(in: 1...3, using: &generator))
            let conversation = "c\(Int.random(in: 0..<Self.conversations, using: &generator))"
            guard let sequence = await append(batch, to: conversation, caller) else { continue }
            note {
                $0.ledger.add([Acknowledgement(conversation: conversation, firstSequence: sequence, batch: batch)])
            }
            await read(batch, at: sequence, of: conversation, caller)
        }
    }

    /// - Returns: The first message's sequence, once the append is acknowledged; nil when it is given up.
    private func append(_ batch: WrittenBatch, to conversation: String, _ caller: Int) async -> Int64? {
        let hasKeys = !caller.isMultiple(of: 2)
        let messages = batch.messages(keyed: hasKeys)
        while true {
            do {
                let stored =
                    Self.isRepeatedByLibrary(caller)
                    ? try await storage.append(messages, to: ConversationID(conversation), retrying: Self.patient)
                    : try await measured { try await storage.append(messages, to: ConversationID(conversation)) }
                guard let first = stored.first, stored.map(\.content) == messages.map(\.content) else {
                    note { $0.complaints.append("an append returned other messages") }
                    return nil
                }
                return first.sequence
            } catch {
                note { told in
                    told.failedAppends += 1
                    if !Self.isRepeatedByLibrary(caller) { told.failed.insert(caller) }
                    Self.check(error, isWrite: true, &told.complaints)
                    if !hasKeys, (error as? ChatStorageError)?.writeOutcome == .notApplied { told.ledger.refuse(batch) }
                }
                guard hasKeys, !Task.isCancelled else { return nil }
            }
        }
    }

    private func read(_ batch: WrittenBatch, at sequence: Int64, of conversation: String, _ caller: Int) async {
        do {
            let found = try await measured {
                try await storage.messages(
                    of: ConversationID(conversation), .after(sequence - 1), limit: batch.count)
            }
            let isThere = found.map(\.content) == batch.messages(keyed: false).map(\.content)
            note { told in
                told.reads += 1
                if !isThere { told.complaints.append("an acknowledged append was not read") }
            }
        } catch {
            note { told in
                told.failedReads += 1
                told.readErrors.insert("\(error)")
                if !Self.isRepeatedByLibrary(caller) { told.failed.insert(caller) }
                Self.check(error, isWrite: false, &told.complaints)
            }
        }
    }

    private func measured<Result>(_ call: () async throws -> Result) async throws -> Result {
        let started = ContinuousClock.now
        defer {
            let duration = ContinuousClock.now - started
            note { $0.longestCall = max($0.longestCall, duration) }
        }
        return try await call()
    }

    /// While a server is away a call is `unavailable`, and if it would write it says whether it did.
    private static func check(_ error: any Error, isWrite: Bool, _ complaints: inout [String]) {
        if let error = error as? ChatStorageError, error.code == .unavailable, (error.writeOutcome != nil) == isWrite {
            return
        }
        complaints.append("\(error)")
    }
}

extension Callers.Told {
    /// Compares what the callers were told with what is there.
    ///
    /// - Parameter deadline: How long a call may take.
    func compare(
        with store: TestedStore, deadline: Duration, _ figures: inout Figures,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(complaints.isEmpty, "\(complaints.prefix(5))", sourceLocation: sourceLocation)
        #expect(
            longestCall - deadline < Lateness.allowed(besideTimers: timerLateness),
            "timers were late by \(timerLateness)", sourceLocation: sourceLocation)
        let stored = try #require(try await store.read(), sourceLocation: sourceLocation)
        let (lost, doubled) = ledger.compare(with: stored, sourceLocation: sourceLocation)
        figures.add(ledger.count + reads, lost: lost, doubled: doubled)
        print(
            "\(figures.name): \(failedAppends) appends and \(failedReads) of \(reads) reads were unavailable meanwhile")
    }
}
