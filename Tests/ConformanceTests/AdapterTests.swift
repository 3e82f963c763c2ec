import ChatStorageConformance
import ChatStorageConformanceTesting
import ChatStorageCore
import Foundation
import Testing

/// What a test with Swift Testing sees of the checks.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["CHATSTORAGE_TEST_CHECKS"] == nil,
        "CHATSTORAGE_TEST_CHECKS narrows the run to checks that these tests do not use"))
struct AdapterTests {
    private let failing = Check("example.failing", .o1, why: "An example.") { context in
        try await context.open().append(.user("text"), to: "one")
        context.expect(1, equals: 2, "one is two")
    }

    @Test func aFailureIsAnIssueThatTellsAll() async throws {
        let texts = await issues { await expectConformance(failing, of: NamedHarness(name: "adapter/failure")) }
        #expect(texts.count == 1)
        let text = try #require(texts.first)
        for part in [
            "example.failing failed on adapter/failure", "contract O1: ", "one is two", "expected: 2", "actual:   1",
            "handle 1: append(", "seed: ", "run it again: CHATSTORAGE_TEST_SEED=",
            "CHATSTORAGE_TEST_CHECKS=example.failing swift test",
        ] {
            #expect(text.contains(part), "\(part) is not in:\n\(text)")
        }
    }

    @Test func aSkippedCheckIsAnIssueUnlessWaived() async {
        let check = Check("example.skipped", .e5, why: "An example.") { _ = try await $0.contents() }
        let harness = NamedHarness(name: "adapter/skipped")
        #expect(await issues { await expectConformance(check, of: harness) }.count == 1)
        let waivers = [Waiver("example.skipped", reason: "an example")]
        #expect(await issues { await expectConformance(check, of: harness, waivers: waivers) } == [])
    }

    @Test func aWaivedFailureIsNoIssueAndAnUnknownWaiverIsOne() async {
        let waivers = ["example.failing", "example.missing"].map { Waiver($0, reason: "an example") }
        let texts = await issues {
            await expectConformance(failing, of: NamedHarness(name: "adapter/waived"), waivers: waivers)
        }
        #expect(texts == ["a waiver is for example.missing, which is not a check"])
    }

    @Test func aPassIsNoIssue() async {
        let check = Check("example.passing", .o1, why: "An example.") { _ = try await $0.open() }
        #expect(await issues { await expectConformance(check, of: NamedHarness(name: "adapter/passing")) } == [])
    }

    @Test func whatFollowsAFailureOfTheHarnessIsSkipped() async {
        let broken = Check("harness.example", .o1, why: "An example.") { $0.expect(false, "it holds") }
        let harness = NamedHarness(name: "adapter/harness")
        #expect(await issues { await expectConformance(broken, of: harness) }.count == 1)
        #expect(await issues { await expectConformance(failing, of: harness) } == [])
    }

    /// The comments of the issues that the body records, which are no failures here; a run's last line counts them.
    private func issues(of body: () async -> Void) async -> [String] {
        nonisolated(unsafe) var texts: [String] = []
        await withKnownIssue(isIntermittent: true) {
            await body()
        } matching: { issue in
            texts += issue.comments.map(\.rawValue)
            return true
        }
        return texts
    }
}

/// Stores in memory, under a name that no other test reports to.
private struct NamedHarness: ConformanceHarness {
    let name: String

    func makeStore() -> any ConformanceStore { InMemoryHarness().makeStore() }
}
