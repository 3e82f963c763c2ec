#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ConformanceReport {
    /// The report as a JSON object, its keys sorted, with a newline at the end.
    ///
    /// Its keys are `backend`, `seed` (a string, since JSON's numbers are not exact beyond 2⁵³), `filtered`,
    /// `fullPass`, `counts` (`passed`, `failed`, `waived`, `skipped`, `notApplicable`), `unknownWaivers` and `checks`.
    /// Each check has `id`, `rules`, `why`, `outcome` (one of the counts' names), `seconds`, `failures` and `calls`,
    /// and if there is one a `reason` and the `command` that runs it again. Each failure has `expectation` and
    /// `location`, and if there are any the `expected` and the `actual` value.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(ReportDocument(self)), as: UTF8.self) + "\n"
    }
}

private struct ReportDocument: Encodable {
    let backend: String
    let seed: String
    let filtered: Bool
    let fullPass: Bool
    let counts: ConformanceReport.Counts
    let unknownWaivers: [WaiverDocument]
    let checks: [CheckDocument]

    init(_ report: ConformanceReport) {
        backend = report.backend
        seed = String(report.seed)
        filtered = report.isFiltered
        fullPass = report.isFullPass
        counts = report.counts
        unknownWaivers = report.unknownWaivers.map { WaiverDocument(id: $0.checkID, reason: $0.reason) }
        checks = report.results.map(CheckDocument.init)
    }
}

private struct WaiverDocument: Encodable {
    let id: String
    let reason: String
}

private struct CheckDocument: Encodable {
    let id: String
    let rules: [String]
    let why: String
    let outcome: String
    let reason: String?
    let seconds: Double
    let failures: [FailureDocument]
    let calls: [String]
    let command: String?

    init(_ result: CheckResult) {
        id = result.check.id
        rules = result.check.rules.map(\.rawValue)
        why = result.check.reason
        outcome = result.outcome.name
        reason = result.reason
        seconds = result.duration / .seconds(1)
        failures = result.failures.map(FailureDocument.init)
        calls = result.calls
        command = result.command
    }
}

private struct FailureDocument: Encodable {
    let expectation: String
    let expected: String?
    let actual: String?
    let location: String

    init(_ failure: CheckFailure) {
        expectation = failure.expectation
        expected = failure.expected
        actual = failure.actual
        location = failure.location
    }
}
