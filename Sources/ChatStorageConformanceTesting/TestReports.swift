import ChatStorageConformance
import Synchronization

/// The reports of the process's harnesses, whose results come one test case at a time.
enum TestReports {
    private static let reports = Mutex<[String: ConformanceReport]>([:])
    private static let toldProblem = Mutex(false)

    /// Adds a result to its harness's report.
    ///
    /// - Returns: The report as it is now, and whether the result is its first.
    static func add(_ result: CheckResult, waivers: [Waiver]) -> (ConformanceReport, isFirst: Bool) {
        reports.withLock { reports in
            var report =
                reports[result.backend]
                ?? ConformanceReport(backend: result.backend, seed: result.seed, waivers: waivers)
            report.add(result)
            reports[result.backend] = report
            return (report, report.results.count == 1)
        }
    }

    /// Whether a check of the harness itself has failed, so that the results of others mean nothing.
    static func hasHarnessFailure(_ backend: String) -> Bool {
        reports.withLock { $0[backend]?.hasHarnessFailure == true }
    }

    /// Forgets a harness's report, so that a repetition of the tests has one of its own.
    static func end(of backend: String) {
        reports.withLock { reports in _ = reports.removeValue(forKey: backend) }
    }

    /// True for the first caller only, so that one test case reports a problem with the environment, and not every one.
    static func isFirstToTellProblem() -> Bool {
        toldProblem.withLock { told in
            defer { told = true }
            return !told
        }
    }
}
