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

    /// The checks that notice a fault only when calls meet at a moment, as they do in some runs: beginnings of ids.
    private static let races = [
        "concurrency.", "cancellation.", "linearisability.", "order.sequence.concurrent-", "tenants.concurrent",
        "atomicity.get-or-create.race", "keys.race", "conditions.unchanged.race", "metadata.merge.race",
        "answers.end.concurrent", "removal.concurrent", "branches.concurrent",
        "schema.prepare.concurrent", "snapshots.beside-writers",
        "closing.calls-under-way", "closing.writes-under-way-whole",
    ]

    /// How often a check may look.
    private static func runs(of check: Check) -> Int {
        races.contains { check.id.hasPrefix($0) } ? 20 : 1
    }

    @Test func everyNamedCheckIsThere() {
        let ids = ConformanceSuite.checks.map(\.id)
        for mutant in Mutant.all {
            #expect(!mutant.caughtBy.isEmpty, "\(mutant)")
            for pattern in mutant.related {
                #expect(ids.contains { $0.matches(pattern) }, "\(pattern) of a backend that \(mutant)")
            }
        }
        for beginning in Self.races + UnrelatedCheckTests.left {
            #expect(ids.contains { $0.hasPrefix(beginning) }, "\(beginning)")
        }
    }

    @Test func aFaultOfThreeCallsIsShrunkToThem() async throws {
        let check = try #require(ConformanceSuite.checks.first { $0.id == "model.random-calls" })
        for seed in 1...5 as ClosedRange<UInt64> {
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

    /// What takes long, and the checks that look at everything at once and so notice nearly every mutant: beginnings of
    /// ids.
    fileprivate static let left = [
        "scale.", "model.", "linearisability.", "concurrency.", "cancellation.", "text.append.most-",
        "text.content.largest", "text.content.too-large", "text.breach.names-field-and-lengths", "text.sql.",
        "tenants.colliding-keys", "lists.labels.passed-over", "parts.too-large", "keys.most-messages",
        "restore.many-messages", "branches.forks.many", "limits.many-conversations", "errors.tell-no-text",
        // What the library builds on appends, revisions and pages notices whatever is wrong with these.
        "answers.writer", "pages.messages.windows",
    ]

    private static func isQuick(_ check: Check) -> Bool {
        !left.contains { check.id.hasPrefix($0) }
    }
}
