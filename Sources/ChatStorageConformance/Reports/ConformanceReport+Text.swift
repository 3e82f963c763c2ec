extension ConformanceReport: CustomStringConvertible {
    /// The counts on one line: `sqlite: 104 passed, 0 failed, 0 waived, 0 skipped, 3 not applicable`.
    public var summary: String {
        let counts = counts
        let part = isFiltered ? " (a part of the suite's \(ConformanceSuite.checks.count) checks)" : ""
        return """
            \(backend): \(counts.passed) passed, \(counts.failed) failed, \(counts.waived) waived, \
            \(counts.skipped) skipped, \(counts.notApplicable) not applicable\(part)
            """
    }

    /// The summary, then why checks did not run, then the failures in full.
    public var description: String {
        let failures = results.filter { !$0.failures.isEmpty }
        return ([descriptionWithoutFailures] + failures.map { "\n\($0)" }).joined(separator: "\n")
    }

    /// The summary, then why checks did not run or may fail.
    public var descriptionWithoutFailures: String {
        var lines = [summary]
        lines += unknownWaivers.map { "  \($0.checkID): waived (\($0.reason)), but the suite has no such check" }
        lines += reasons.map { "  \($0.ids.joined(separator: ", ")): \($0.reason)" }
        return lines.joined(separator: "\n")
    }

    /// Each reason once, with its checks.
    private var reasons: [(reason: String, ids: [String])] {
        var reasons: [(reason: String, ids: [String])] = []
        for result in results {
            let reason: String
            switch result.outcome {
            case .notApplicable(let why): reason = "not applicable, \(why)"
            case .skipped(let why): reason = "skipped, \(why)"
            case .waived(let why, _): reason = "failed and waived, \(why)"
            case .passed, .failed: continue
            }
            if let index = reasons.firstIndex(where: { $0.reason == reason }) {
                reasons[index].ids.append(result.check.id)
            } else {
                reasons.append((reason, [result.check.id]))
            }
        }
        return reasons
    }
}
