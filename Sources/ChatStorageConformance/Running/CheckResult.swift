/// The result of running a check on a backend.
public struct CheckResult: Sendable {
    /// How a check ended.
    public enum Outcome: Sendable {
        /// All expectations held.
        case passed
        /// Some expectations did not hold.
        case failed([CheckFailure])
        /// Some expectations did not hold, which a ``Waiver`` accepts for this reason.
        case waived(reason: String, [CheckFailure])
        /// The check does not bind this backend or this store.
        case notApplicable(reason: String)
        /// The check binds the backend, but could not be run, so the whole run is no full pass.
        case skipped(reason: String)
    }

    /// The check.
    public let check: Check
    /// The backend's name.
    public let backend: String
    /// How it ended.
    public let outcome: Outcome
    /// How long it took.
    public let duration: Duration
    /// The seed of the check's random numbers.
    public let seed: UInt64
    /// The last calls of a failed check, one per line, with their results.
    public let calls: [String]
    /// The command that runs just this check again, if the harness knows one.
    public let command: String?

    package init(
        check: Check, backend: String, outcome: Outcome, duration: Duration, seed: UInt64, calls: [String],
        command: String?
    ) {
        self.check = check
        self.backend = backend
        self.outcome = outcome
        self.duration = duration
        self.seed = seed
        self.calls = calls
        self.command = command
    }

    /// Whether the check failed without a waiver that accepts it.
    public var isFailure: Bool {
        if case .failed = outcome { true } else { false }
    }

    /// The expectations that did not hold, waived or not.
    public var failures: [CheckFailure] { outcome.failures }

    /// Why the check did not run, or why its failure is accepted.
    public var reason: String? {
        switch outcome {
        case .notApplicable(let reason), .skipped(let reason), .waived(let reason, _): reason
        case .passed, .failed: nil
        }
    }
}

extension CheckResult {
    /// A result for the report of a run whose data could not be removed from a store in use.
    ///
    /// - Parameters:
    ///   - backend: The backend's name.
    ///   - seed: The run's seed.
    ///   - problem: What went wrong, in words.
    package static func failedRemoval(from backend: String, seed: UInt64, _ problem: String) -> CheckResult {
        let check = Check(
            "harness.removal", .n1, why: "What checks leave in a store in use is data that nobody put there."
        ) { _ in }
        let failure = CheckFailure("what the run wrote is removed", actual: problem)
        return CheckResult(
            check: check, backend: backend, outcome: .failed([failure]), duration: .zero, seed: seed, calls: [],
            command: nil)
    }
}

extension CheckResult: CustomStringConvertible {
    /// The whole result: for a failure the rules, the expectations, the calls, the seed and the command.
    public var description: String {
        switch outcome {
        case .passed: "\(check.id) passed on \(backend)"
        case .notApplicable(let reason): "\(check.id) does not apply to \(backend): \(reason)"
        case .skipped(let reason): "\(check.id) was skipped on \(backend): \(reason)"
        case .failed: description(ofFailure: "\(check.id) failed on \(backend)")
        case .waived(let reason, _):
            description(ofFailure: "\(check.id) failed on \(backend), which is waived: \(reason)")
        }
    }

    private func description(ofFailure headline: String) -> String {
        var lines = [headline]
        lines += check.rules.map { "contract \($0): \($0.statement)" }
        lines.append("why it matters: \(check.reason)")
        lines += failures.map(\.description)
        if !calls.isEmpty { lines.append("calls that led there:") }
        lines += calls.map { "  \($0)" }
        lines.append("seed: \(seed)")
        if let command { lines.append("run it again: \(command)") }
        return lines.joined(separator: "\n")
    }
}

extension CheckResult.Outcome {
    /// The expectations that did not hold, waived or not.
    var failures: [CheckFailure] {
        switch self {
        case .failed(let failures), .waived(_, let failures): failures
        case .passed, .notApplicable, .skipped: []
        }
    }

    /// The outcome's name in reports, as in ``ConformanceReport/Counts-swift.struct``.
    public var name: String {
        switch self {
        case .passed: "passed"
        case .failed: "failed"
        case .waived: "waived"
        case .skipped: "skipped"
        case .notApplicable: "notApplicable"
        }
    }
}
