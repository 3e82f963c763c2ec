/// A declared exception: a check that a backend is known to fail, and why that is accepted.
///
/// The check still runs. If it fails, that is printed and counted as waived; if it passes or does not apply, the run
/// fails, so that no waiver outlives its reason.
public struct Waiver: Sendable, Hashable {
    /// The check's id; an id that is not in the suite fails the run.
    public let checkID: String
    /// Why the failure is accepted, for reports.
    public let reason: String

    /// Declares an exception.
    public init(_ checkID: String, reason: String) {
        self.checkID = checkID
        self.reason = reason
    }
}

extension CheckResult.Outcome {
    /// The outcome of a check with its waiver.
    ///
    /// A skipped check stays skipped: without a run it cannot show whether it needs the waiver.
    func waived(by waiver: Waiver) -> CheckResult.Outcome {
        switch self {
        case .failed(let failures), .waived(_, let failures): .waived(reason: waiver.reason, failures)
        case .passed: .failed([.unneeded(waiver, "it passed")])
        case .notApplicable(let reason): .failed([.unneeded(waiver, "it does not apply: \(reason)")])
        case .skipped(let reason): .skipped(reason: "\(reason) (and waived, \(waiver.reason))")
        }
    }
}

extension CheckFailure {
    fileprivate static func unneeded(_ waiver: Waiver, _ actual: String) -> CheckFailure {
        CheckFailure(
            "the check fails, as its waiver says", expected: "a failure (\(waiver.reason))",
            actual: "\(actual); the waiver is no longer needed")
    }
}
