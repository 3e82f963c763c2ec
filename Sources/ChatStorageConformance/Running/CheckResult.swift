/// What came of running a check on a backend.
public struct CheckResult: Sendable {
    /// How a check ended.
    public enum Outcome: Sendable {
        /// All expectations held.
        case passed
        /// Some expectations did not hold.
        case failed([CheckFailure])
        /// The check does not bind this backend or this store.
        case notApplicable(reason: String)
        /// The check binds the backend, but could not be run; the whole run is then no full pass.
        case skipped(reason: String)
    }

    /// The check.
    public let check: Check
    /// The backend's name.
    public let backend: String
    /// How it ended.
    public let outcome: Outcome
    /// The seed of the check's random numbers.
    public let seed: UInt64
    /// The last calls that the check made, a line each, with what they returned.
    public let calls: [String]
    /// The command that runs just this check again, if the harness knows one.
    public let command: String?

    /// Whether the check failed.
    public var isFailure: Bool {
        if case .failed = outcome { true } else { false }
    }
}

extension CheckResult: CustomStringConvertible {
    /// All that is known: for a failure the rules, the expectations, the calls, the seed and the command.
    public var description: String {
        switch outcome {
        case .passed: "\(check.id) passed on \(backend)"
        case .notApplicable(let reason): "\(check.id) does not apply to \(backend): \(reason)"
        case .skipped(let reason): "\(check.id) was skipped on \(backend): \(reason)"
        case .failed(let failures): description(of: failures)
        }
    }

    private func description(of failures: [CheckFailure]) -> String {
        var lines = ["\(check.id) failed on \(backend)"]
        lines += check.rules.map { "contract \($0): \($0.statement)" }
        lines.append("why it matters: \(check.reason)")
        lines += failures.map(\.description)
        lines.append("calls that led there:")
        lines += calls.map { "  \($0)" }
        lines.append("seed: \(seed)")
        if let command { lines.append("run it again: \(command)") }
        return lines.joined(separator: "\n")
    }
}
