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
/// A check that fails, and one that binds the backend but cannot be run, is recorded as an issue, with the calls that led
/// there and the command that runs it again. When the last check has ended a summary is printed.
///
/// The environment can narrow a run: `CHATSTORAGE_TEST_CHECKS` names checks, separated by commas, as
/// ``ChatStorageConformance/ConformanceSuite/checks(matching:)`` takes them, and `CHATSTORAGE_TEST_SEED` sets the seed.
/// The run then says so, and what it does not name passes without being run. `CHATSTORAGE_TEST_RANDOM_CALLS` says how
/// many calls the check of random calls makes, by default 10,000.
///
/// - Parameters:
///   - check: The check.
///   - harness: Makes the stores.
///   - waivers: Declared exceptions, the same for all checks of a harness.
///   - sourceLocation: Where issues are reported.
public func expectConformance(
    _ check: Check, of harness: any ConformanceHarness, waivers: [Waiver] = [],
    sourceLocation: SourceLocation = #_sourceLocation
) async {
    if let problem = TestSelection.problem {
        Issue.record("\(problem)", sourceLocation: sourceLocation)
        return
    }
    if let selected = TestSelection.ids, !selected.contains(check.id) { return }
    let result = await ConformanceSuite.run(
        check, on: TestHarness(base: harness), waivers: waivers, seed: TestSelection.seed,
        randomCalls: TestSelection.randomCalls)
    switch result.outcome {
    case .passed, .notApplicable, .waived: break
    case .skipped where waivers.contains { $0.checkID == check.id }: break
    case .failed, .skipped: Issue.record("\(result)", sourceLocation: sourceLocation)
    }

    let (report, isFirst) = TestReports.add(result, waivers: waivers)
    if isFirst {
        for waiver in report.unknownWaivers {
            Issue.record("a waiver is for \(waiver.checkID), which is no check", sourceLocation: sourceLocation)
        }
    }
    let expected = TestSelection.ids ?? Set(ConformanceSuite.checks.map(\.id))
    if expected.isSubset(of: report.results.map(\.check.id)) {
        TestReports.end(of: harness.name)
        print(report.descriptionWithoutFailures)
    }
}

/// A harness whose checks can always be run again.
private struct TestHarness: ConformanceHarness {
    let base: any ConformanceHarness

    var name: String { base.name }

    func makeStore() async throws -> any ConformanceStore { try await base.makeStore() }

    func command(toRun checkID: String, seed: UInt64) -> String? {
        TestSelection.randomCallsAssignment
            + (base.command(toRun: checkID, seed: seed)
                ?? "\(TestSelection.seedVariable)=\(seed) \(TestSelection.checksVariable)=\(checkID) swift test")
    }
}
