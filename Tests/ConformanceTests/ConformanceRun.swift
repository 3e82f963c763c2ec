import ChatStorageConformance
import Foundation
import Synchronization
import Testing

/// A run of the suite on one backend: it collects the results that come one test case at a time.
final class ConformanceRun: Sendable {
    private let harness: any ConformanceHarness
    private let report: Mutex<ConformanceReport>

    init(_ harness: any ConformanceHarness) {
        self.harness = harness
        report = Mutex(ConformanceReport(backend: harness.name))
    }

    /// The checks to run: all, or those whose ids begin with one of the names in `CHATSTORAGE_TEST_CHECKS`.
    static let checks: [Check] = {
        let names = (environment["CHATSTORAGE_TEST_CHECKS"] ?? "").split(separator: ",")
        let checks = ConformanceSuite.checks
        return names.isEmpty ? checks : checks.filter { check in names.contains { check.id.hasPrefix($0) } }
    }()

    /// The command that runs one check again.
    static func command(toRun checkID: String, on backend: String, seed: UInt64) -> String {
        "CHATSTORAGE_TEST_SEED=\(seed) CHATSTORAGE_TEST_CHECKS=\(checkID) CHATSTORAGE_TEST_BACKENDS=\(backend) "
            + "swift test --filter ConformanceTests.BackendConformanceTests"
    }

    /// Runs a check; the last one also prints the summary.
    func run(_ check: Check) async {
        let result = await ConformanceSuite.run(check, on: harness, seed: Self.seed, randomCalls: Self.randomCalls)
        let report = self.report.withLock { report in
            report.add(result)
            return report
        }
        switch result.outcome {
        case .passed, .notApplicable: break
        // Our own harnesses offer everything, so nothing that binds a backend may be left out.
        case .failed, .skipped: Issue.record("\(result)")
        }
        if report.results.count == Self.checks.count { print(report.descriptionWithoutFailures) }
    }

    /// The seed of `CHATSTORAGE_TEST_SEED`, or a new one for each run of the tests.
    private static let seed = environment["CHATSTORAGE_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 0...(.max))
    /// The number in `CHATSTORAGE_TEST_RANDOM_CALLS`, or ten thousand.
    private static let randomCalls = environment["CHATSTORAGE_TEST_RANDOM_CALLS"].flatMap(Int.init) ?? 10_000
    private static let environment = ProcessInfo.processInfo.environment
}
