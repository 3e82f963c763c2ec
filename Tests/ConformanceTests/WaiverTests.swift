import ChatStorageConformance
import ChatStorageCore
import Testing

/// Declared exceptions: they are seen when they are needed, and when they are not.
@Suite struct WaiverTests {
    private let failing = Check("example.failing", .o1, why: "An example.") { context in
        context.expect(1, equals: 2, "it holds")
    }
    private let passing = Check("example.passing", .o1, why: "An example.") { _ = try await $0.open() }

    @Test func aWaivedFailureIsPrintedAndFailsNothing() async {
        let waivers = [Waiver("example.failing", reason: "the engine cannot")]
        let report = await ConformanceSuite.run([failing, passing], on: InMemoryHarness(), waivers: waivers)
        #expect(!report.isFailure)
        #expect(report.counts.waived == 1)
        #expect(report.counts.passed == 1)
        #expect(report.results.first?.failures.first?.expectation == "it holds")
        let text = "\(report)"
        #expect(text.hasPrefix("memory: 1 passed, 0 failed, 1 waived, 0 skipped, 0 not applicable"))
        #expect(text.contains("example.failing: failed and waived, the engine cannot"))
        #expect(text.contains("expected: 2"))
    }

    @Test func aWaivedCheckThatPassesFailsTheRun() async {
        let waivers = [Waiver("example.passing", reason: "the engine cannot")]
        let report = await ConformanceSuite.run([passing], on: InMemoryHarness(), waivers: waivers)
        #expect(report.isFailure)
        #expect(report.counts.failed == 1)
        #expect("\(report)".contains("it passed; the waiver is no longer needed"))
        #expect(report.results.first?.calls == [])
    }

    @Test func aWaivedCheckThatDoesNotApplyFailsTheRun() async {
        let check = Check("example.need", .d1, needs: [.capability(.durable)], why: "An example.") { _ in }
        let waivers = [Waiver("example.need", reason: "an example")]
        let report = await ConformanceSuite.run([check], on: InMemoryHarness(), waivers: waivers)
        #expect(report.isFailure)
        #expect("\(report)".contains("it does not apply: the backend does not declare durable; the waiver is no"))
    }

    @Test func aWaivedCheckThatCannotRunIsSkippedStill() async {
        let check = Check("example.missing", .e5, why: "An example.") { _ = try await $0.contents() }
        let waivers = [Waiver("example.missing", reason: "an example")]
        let report = await ConformanceSuite.run([check], on: InMemoryHarness(), waivers: waivers)
        #expect(!report.isFailure)
        #expect(report.counts.skipped == 1)
        #expect("\(report)".contains("past the library (and waived, an example)"))
    }

    @Test func aWaiverForNoCheckFailsTheRun() async throws {
        let waivers = [Waiver("text.no-such-check", reason: "an example")]
        var report = ConformanceReport(backend: "example", seed: 1, waivers: waivers)
        for check in ConformanceSuite.checks {
            report.add(.example(of: check, .passed))
        }
        #expect(report.isFailure)
        #expect(!report.isFullPass)
        #expect("\(report)".contains("text.no-such-check: waived (an example), but the suite has no such check"))
        #expect(try report.json().contains("text.no-such-check"))
        #expect(report.junitXML().contains("the suite has no such check to waive"))
    }

    @Test func aRunWithAWaivedFailureIsNoFullPass() {
        var report = ConformanceReport(backend: "example", seed: 1)
        for check in ConformanceSuite.checks.dropLast() { report.add(.example(of: check, .passed)) }
        for check in ConformanceSuite.checks.suffix(1) {
            report.add(.example(of: check, .waived(reason: "an example", [])))
        }
        #expect(!report.isFailure)
        #expect(!report.isFiltered)
        #expect(!report.isFullPass)
    }
}
