import ChatStorageConformance
import Testing

extension Mutant {
    fileprivate static let all =
        text + order + atomicity + interplay + stores
        + keys + model + metadata + branches + removals + answers
}

/// The suite's own test: it must notice what is broken, and name it.
@Suite(.serialized) struct MutantTests {
    @Test(arguments: Mutant.all)
    func isCaughtByTheCheckThatNamesItsFault(_ mutant: Mutant) async throws {
        for id in mutant.caughtBy {
            let check = try #require(ConformanceSuite.checks.first { $0.id == id }, "\(id) is no check")
            var isNoticed = false
            for _ in 0..<Self.runs(of: check) where !isNoticed {
                isNoticed = await ConformanceSuite.run(check, on: mutant.harness, randomCalls: 10_000).isFailure
            }
            #expect(isNoticed, "\(id) must notice a backend that \(mutant)")
        }
    }

    /// How often a check may look: once, or several times if the fault shows only when calls meet at a moment, as they
    /// do in some runs.
    private static func runs(of check: Check) -> Int {
        let races = [
            "concurrency.", "cancellation.", "linearisability.", "order.sequence.concurrent-", "tenants.concurrent",
            "atomicity.get-or-create.race", "keys.race", "conditions.unchanged.race", "metadata.merge.race",
            "answers.end.concurrent", "removal.concurrent", "branches.concurrent",
            "schema.prepare.concurrent", "snapshots.beside-writers",
            "closing.calls-under-way", "closing.writes-under-way-whole",
        ]
        return races.contains { check.id.hasPrefix($0) } ? 20 : 1
    }

    @Test func aFaultOfThreeCallsIsShrunkToThem() async {
        let check = ConformanceSuite.checks.first { $0.id == "model.random-calls" }
        for seed in 1...5 as ClosedRange<UInt64> {
            guard let check else { return }
            let result = await ConformanceSuite.run(
                check, on: MutantHarness(mutant: .forgetsTitleOfRestored), seed: seed, randomCalls: 5_000)
            let text = result.failures.first?.actual ?? ""
            #expect(text.contains("as the last of 3 calls"), "\(text)")
            #expect(text.contains("3. handle ") && !text.contains("4. handle "), "\(text)")
            // These are the calls in the report, beside those of every check's beginning and end, and a read.
            #expect(result.calls.count <= 8 && result.calls.contains { $0.contains("restoreConversation(") })
        }
    }

    @Test func throwingOnEveryCallPassesNothing() async {
        let report = await ConformanceSuite.run(on: MutantHarness(mutant: .throwsAlways))
        #expect(!report.isFullPass)
        for check in ConformanceSuite.checks {
            let result = await ConformanceSuite.run(check, on: MutantHarness(mutant: .throwsAlways))
            if case .passed = result.outcome { Issue.record("\(check) passed") }
        }
    }
}

/// Checks that are unrelated to a mutant's fault must not fail.
///
/// A suite of its own, so that it runs in parallel with the one above.
@Suite(.serialized) struct UnrelatedCheckTests {
    @Test(arguments: Mutant.all)
    func isNoticedByRelatedChecksOnly(_ mutant: Mutant) async {
        for check in ConformanceSuite.checks where Self.isQuick(check) && !mutant.mayFail(check.id) {
            let result = await ConformanceSuite.run(check, on: mutant.harness, seed: 1)
            #expect(!result.isFailure, "\(check) is unrelated to a backend that \(mutant)\n\(result)")
        }
    }

    /// Leaves out what takes long, and the checks that look at everything at once and so notice nearly every mutant.
    private static func isQuick(_ check: Check) -> Bool {
        let left = [
            "scale.", "model.", "linearisability.", "concurrency.", "cancellation.", "text.append.most-",
            "text.content.largest", "text.content.too-large", "text.breach.names-field-and-lengths", "text.sql.",
            "tenants.colliding-keys", "lists.labels.passed-over", "parts.too-large", "keys.most-messages",
            "restore.many-messages", "branches.forks.many", "limits.many-conversations", "errors.tell-no-text",
            // What the library builds on appends, revisions and pages notices whatever is wrong with these.
            "answers.writer", "pages.messages.windows",
        ]
        return !left.contains { check.id.hasPrefix($0) }
    }
}
