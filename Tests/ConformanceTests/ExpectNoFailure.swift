import ChatStorageConformance
import Testing

/// Expects that no check of a report failed; each one that did is its own issue, since a report begins with much else.
func expectNoFailure(of report: ConformanceReport, sourceLocation: SourceLocation = #_sourceLocation) {
    for result in report.results where result.isFailure { Issue.record("\(result)", sourceLocation: sourceLocation) }
    let isFailure = report.isFailure
    #expect(!isFailure, "\(report.summary)", sourceLocation: sourceLocation)
}
