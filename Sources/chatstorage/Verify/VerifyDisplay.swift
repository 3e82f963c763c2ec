import ChatStorageConformance
import ChatStorageTransfer

/// How far a run of the checks is: a line that is rewritten on a terminal, a line for each check elsewhere.
actor VerifyDisplay {
    private let total: Int
    private let isTerminal = FileDescriptor.standardError.isTerminal
    private var done = 0
    private var failed = 0

    /// - Parameter total: How many checks are run.
    init(total: Int) {
        self.total = total
    }

    /// Shows that a check has ended, and how.
    func show(_ result: CheckResult) async {
        done += 1
        if result.isFailure { failed += 1 }
        let place = "\(done)/\(total)"
        guard isTerminal else {
            let seconds = (result.duration / .seconds(1)).text(decimals: 2)
            await Output.error("\(place) \(result.check.id): \(result.outcome.words) (\(seconds) s)\n")
            return
        }
        let line = "\(place), \(failed) failed: \(result.check.id)"
        // The last column stays free: some terminals go to the next line when it is filled.
        let room = (FileDescriptor.standardError.columns ?? 80) - 1
        // Column 1, the line, and nothing behind it.
        await Output.error("\r\(line.cut(toWidth: room))\u{1B}[K")
    }

    /// Takes the line away.
    func end() async {
        if isTerminal, done > 0 { await Output.error("\r\u{1B}[K") }
    }
}

extension CheckResult.Outcome {
    fileprivate var words: String {
        if case .notApplicable = self { "not applicable" } else { name }
    }
}
