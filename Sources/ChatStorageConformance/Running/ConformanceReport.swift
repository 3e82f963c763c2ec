/// What came of running checks on a backend.
public struct ConformanceReport: Sendable {
    /// The backend's name.
    public let backend: String
    /// The results, in the order they came.
    public private(set) var results: [CheckResult] = []

    /// Starts a report without results.
    public init(backend: String) {
        self.backend = backend
    }

    /// Adds a result.
    public mutating func add(_ result: CheckResult) {
        results.append(result)
    }

    /// Whether every check of the suite ran and passed, but for those that do not bind the backend.
    public var isFullPass: Bool {
        let settled = results.filter { result in
            switch result.outcome {
            case .passed, .notApplicable: true
            case .failed, .skipped: false
            }
        }
        return settled.count == results.count
            && Set(settled.map(\.check.id)).isSuperset(of: ConformanceSuite.checks.map(\.id))
    }

    var hasHarnessFailure: Bool {
        results.contains { $0.check.isAboutHarness && $0.isFailure }
    }

    /// The counts on one line, such as `SQLite: 104 passed, 0 failed, 3 not applicable, 0 skipped`.
    public var summary: String {
        var passed = 0
        var failed = 0
        var notApplicable = 0
        var skipped = 0
        for result in results {
            switch result.outcome {
            case .passed: passed += 1
            case .failed: failed += 1
            case .notApplicable: notApplicable += 1
            case .skipped: skipped += 1
            }
        }
        let part = results.count < ConformanceSuite.checks.count ? " (part of \(ConformanceSuite.checks.count))" : ""
        return """
            \(backend): \(passed) passed, \(failed) failed, \(notApplicable) not applicable, \(skipped) skipped\(part)
            """
    }
}

extension ConformanceReport: CustomStringConvertible {
    /// The summary, then why checks did not run, then the failures in full.
    public var description: String {
        ([descriptionWithoutFailures] + results.filter(\.isFailure).map { "\n\($0)" }).joined(separator: "\n")
    }

    /// The summary, then why checks did not run.
    public var descriptionWithoutFailures: String {
        var reasons: [(reason: String, ids: [String])] = []
        for result in results {
            switch result.outcome {
            case .notApplicable(let reason), .skipped(let reason):
                if let index = reasons.firstIndex(where: { $0.reason == reason }) {
                    reasons[index].ids.append(result.check.id)
                } else {
                    reasons.append((reason, [result.check.id]))
                }
            case .passed, .failed: break
            }
        }
        let lines = reasons.map { "  \($0.ids.joined(separator: ", ")): not run, \($0.reason)" }
        return ([summary] + lines).joined(separator: "\n")
    }
}
