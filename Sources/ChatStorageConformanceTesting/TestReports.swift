import ChatStorageConformance
import Synchronization

/// The reports of the process's harnesses, whose results come one test case at a time.
enum TestReports {
    private static let reports = Mutex<[String: ConformanceReport]>([:])

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

    /// Forgets a harness's report, so that a repetition of the tests has one of its own.
    static func end(of backend: String) {
        reports.withLock { reports in _ = reports.removeValue(forKey: backend) }
    }
}
