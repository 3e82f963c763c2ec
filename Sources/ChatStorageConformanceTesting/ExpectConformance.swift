public import ChatStorageConformance
public import Testing

/// Expects that a backend passes a check of the storage contract.
///
/// A backend's conformance test is one function:
///
/// ```swift
/// @Suite(.serialized) struct MyBackendTests {
///     @Test(arguments: ConformanceSuite.checks)
///     func conforms(_ check: Check) async {
///         await expectConformance(check, of: MyHarness())
///     }
/// }
/// ```
///
/// A check that fails is recorded as an issue, with the calls that led there and the command that runs it again. So is
/// a check that binds the backend but cannot run. After the last check a summary is printed.
///
/// When a check of the harness itself fails, the checks after it are skipped: their results would mean nothing. A slow
/// check is named on standard error, after ten seconds and then every minute.
///
/// The same environment variables count as for `ConformanceSuite/runAsEnvironmentSays(_:on:waivers:program:)`. If they
/// select some checks only, the output says so, and the other checks pass without being run.
///
/// - Parameters:
///   - check: The check.
///   - harness: Makes the stores.
///   - waivers: Declared exceptions, the same for all checks of a harness.
///   - checks: All checks that the test runs, by default the whole suite; the summary follows the last of them.
///   - sourceLocation: Where issues are reported.
public func expectConformance(
    _ check: Check, of harness: any ConformanceHarness, waivers: [Waiver] = [],
    among checks: [Check] = ConformanceSuite.checks, sourceLocation: SourceLocation = #_sourceLocation
) async {
    await expectConformance(
        check, of: harness, waivers: waivers, among: checks, environment: .process, sourceLocation: sourceLocation)
}

/// Does the same in a given environment.
package func expectConformance(
    _ check: Check, of harness: any ConformanceHarness, waivers: [Waiver] = [],
    among checks: [Check] = ConformanceSuite.checks, environment: TestEnvironment,
    sourceLocation: SourceLocation = #_sourceLocation
) async {
    if let problem = environment.problem {
        if TestReports.isFirstToTellProblem() { Issue.record("\(problem)", sourceLocation: sourceLocation) }
        return
    }
    if let selected = environment.ids, !selected.contains(check.id) { return }
    let repeatable = RepeatableHarness(harness, environment: environment)
    let result: CheckResult
    if !check.isAboutHarness, TestReports.hasHarnessFailure(harness.name) {
        result = ConformanceSuite.skippedAfterHarnessFailure(check, on: repeatable, seed: environment.seed)
    } else {
        result = await ConformanceSuite.run(
            check, on: repeatable, waivers: waivers, seed: environment.seed, randomCalls: environment.randomCalls,
            underWay: Notices.slowChecks(randomCalls: environment.randomCalls))
        switch result.outcome {
        case .passed, .notApplicable, .waived: break
        case .skipped where waivers.contains { $0.checkID == check.id }: break
        case .failed, .skipped: Issue.record("\(result)", sourceLocation: sourceLocation)
        }
    }

    let (report, isFirst) = TestReports.add(result, waivers: waivers)
    if isFirst {
        if let narrowing = environment.narrowing { print(narrowing) }
        for waiver in report.unknownWaivers {
            Issue.record("a waiver is for \(waiver.checkID), which is not a check", sourceLocation: sourceLocation)
        }
    }
    let expected = checks.map(\.id).filter { environment.ids?.contains($0) != false }
    if Set(expected).isSubset(of: report.results.map(\.check.id)) {
        TestReports.end(of: harness.name)
        print(report.descriptionWithoutFailures)
        do {
            try environment.reportsFolder.map(ReportsFolder.init)?.write(report)
        } catch {
            Issue.record(error, "the reports cannot be written", sourceLocation: sourceLocation)
        }
    }
}
