import ChatStorageConformance

extension CheckResult {
    /// A result that no run has brought.
    static func example(
        of check: Check, _ outcome: Outcome, backend: String = "example", calls: [String] = []
    ) -> CheckResult {
        CheckResult(
            check: check, backend: backend, outcome: outcome, duration: .milliseconds(1_500), seed: .max, calls: calls,
            command: nil)
    }
}
