import ChatStorageConformance
import ChatStorageSupport

/// How far a run of the checks is: a line that is rewritten on a terminal, a line for each check elsewhere.
actor VerifyDisplay {
    private let total: Int
    private let notice: SlowCheckNotice
    private let isTerminal = FileDescriptor.standardError.isTerminal
    private var done = 0
    private var failed = 0

    /// - Parameters:
    ///   - total: How many checks are run.
    ///   - randomCalls: How many calls the check of random calls makes.
    init(total: Int, randomCalls: Int) {
        self.total = total
        notice = SlowCheckNotice(randomCalls: randomCalls)
    }

    /// Shows which check is running and for how long; without a terminal, only if that is long.
    func show(_ check: Check, runningFor duration: Duration) async {
        guard isTerminal else {
            if let text = notice.text(about: check, after: duration) {
                await Output.error("\(place(done + 1)) \(text)\n")
            }
            return
        }
        let line = Self.line(check, at: place(done + 1), failed: failed, after: duration)
        // The last column stays free: some terminals go to the next line when it is filled.
        let room = (FileDescriptor.standardError.columns ?? 80) - 1
        // Column 1, the line, and nothing behind it.
        await Output.error("\r\(line.cut(toWidth: room))\u{1B}[K")
    }

    /// Notes that a check has ended, and how.
    func show(_ result: CheckResult) async {
        done += 1
        if result.isFailure { failed += 1 }
        guard !isTerminal else { return }
        let seconds = (result.duration / .seconds(1)).text(decimals: 2)
        await Output.error("\(place(done)) \(result.check.id): \(result.outcome.words) (\(seconds) s)\n")
    }

    /// Takes the line away.
    func end() async {
        if isTerminal { await Output.error("\r\u{1B}[K") }
    }

    private func place(_ number: Int) -> String { "\(number)/\(total)" }

    /// The line about a check that is running: `7/139, 1 failed, 12 s: scale.messages`.
    static func line(_ check: Check, at place: String, failed: Int, after duration: Duration) -> String {
        let seconds = duration.components.seconds
        return "\(place), \(failed) failed\(seconds > 0 ? ", \(seconds) s" : ""): \(check.id)"
    }
}

extension CheckResult.Outcome {
    fileprivate var words: String {
        if case .notApplicable = self { "not applicable" } else { name }
    }
}
