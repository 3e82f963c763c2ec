import ChatStorageConformance

extension CheckResult {
    /// A result that no run has brought.
    static func example(of check: Check, _ outcome: Outcome) -> CheckResult {
        CheckResult(
            check: check, backend: "example", outcome: outcome, duration: .milliseconds(1_500), seed: .max, calls: [],
            command: nil)
    }
}
