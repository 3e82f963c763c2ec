import ChatStorageCore
import ChatStorageTransfer

/// What a person sees of an import: problems as they come, a bar that moves, the figures at the end.
actor ImportDisplay {
    /// How often the bar of a terminal moves, and how often a line is written elsewhere.
    private static let intervals = (bar: Duration.milliseconds(100), line: Duration.seconds(5))

    private let files: [String]
    private let totalBytes: Int64?
    private let isTerminal = FileDescriptor.standardError.isTerminal
    private let start = ContinuousClock.now
    private var lastProgress = ContinuousClock.now
    private var isBarShown = false

    private var file = ""
    private var finished = ImportSummary()
    private var current = ImportSummary()
    private var unreadable = 0
    private(set) var hasBegun = false

    /// - Parameter files: The names of all files, to know their size.
    init(files: [String]) {
        self.files = files
        let sizes = files.map { $0 == "-" ? nil : FileDescriptor.size(path: $0) }
        totalBytes = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
    }

    /// Goes on to a file.
    func begin(_ file: String) {
        finished = total
        current = ImportSummary()
        self.file = Self.shownName(file)
        hasBegun = true
    }

    /// Shows what became of a conversation, if there is anything to say, and how far the import is.
    func show(_ event: ImportEvent) async {
        current = event.summary
        switch event.outcome {
        case .imported, .unchanged: break
        case .different:
            let id = TerminalText.line(event.conversationID?.rawValue ?? "")
            await problem("\(file):\(event.line): different: conversation \(id) is there with other messages")
        case .invalid(let reason):
            await problem("\(file):\(event.line): invalid: \(TerminalText.line(reason))")
        }
        await showProgress()
    }

    /// Reports a file that cannot be read.
    func fail(_ error: ChatFileError) async {
        unreadable += 1
        var sentence = "\(file): \(error.message)"
        if error.code == .compressed { sentence += ": gzip -dc \(file) | chatstorage import -" }
        await problem(sentence)
    }

    /// Takes the bar away.
    func end() async {
        await clearBar()
    }

    /// Whether all that was asked for is in the store.
    func isComplete(skipInvalid: Bool) -> Bool {
        unreadable == 0 && total.different == 0 && (skipInvalid || total.invalid == 0)
    }

    /// The figures of the whole import.
    ///
    /// - Parameters:
    ///   - interrupted: Whether a signal ended it.
    ///   - complete: Whether all that could be read was read.
    func summaryText(interrupted: Bool, complete: Bool) -> String {
        var lines: [String] = []
        if interrupted { lines.append("Interrupted: what is there is whole; run the same import again for the rest.") }
        let others = total.different + total.invalid + unreadable
        switch (total.imported, total.unchanged) {
        case (0, 0) where others == 0 && complete:
            lines.append("No conversations in \(files.map(Self.shownName).joined(separator: ", ")).")
        case (0, 0): lines.append("Imported nothing.")
        case (0, let unchanged):
            lines.append(
                "Nothing new: \(unchanged.counted("conversation")) \(unchanged == 1 ? "is" : "are") there already.")
        case (let imported, let unchanged):
            let seconds = (ContinuousClock.now - start).inSeconds
            // Of a short import the opening of the store is most, so its rate would say nothing of a long one's.
            let rate =
                seconds < 1 ? "" : " (\(Int((Double(total.messages) / seconds).rounded()).grouped) messages a second)"
            lines.append(
                """
                Imported \(imported.counted("conversation")) with \(total.messages.counted("message")) \
                in \(seconds.text(decimals: 1)) seconds\(rate).
                """)
            if unchanged > 0 { lines.append("Unchanged, there already: \(unchanged.grouped).") }
        }
        if total.different > 0 { lines.append("Different, left as they are: \(total.different.grouped).") }
        if total.invalid > 0 { lines.append("Invalid, not imported: \(total.invalid.grouped).") }
        if unreadable > 0 { lines.append("Files that could not be read: \(unreadable.grouped).") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func shownName(_ file: String) -> String {
        file == "-" ? "standard input" : TerminalText.line(file)
    }

    private var total: ImportSummary { finished + current }

    private func problem(_ sentence: String) async {
        await clearBar()
        await Output.error("\(sentence)\n")
    }

    private func showProgress() async {
        let now = ContinuousClock.now
        guard now - lastProgress >= (isTerminal ? Self.intervals.bar : Self.intervals.line) else { return }
        lastProgress = now
        let progress = ProgressLine(summary: total, totalBytes: totalBytes, seconds: (now - start).inSeconds)
        if isTerminal {
            isBarShown = true
            // Column 1, the bar, and nothing behind it.
            await Output.error("\r\(progress.bar(width: FileDescriptor.standardError.columns ?? 80))\u{1B}[K")
        } else {
            await Output.error("\(progress.text)\n")
        }
    }

    private func clearBar() async {
        guard isBarShown else { return }
        isBarShown = false
        await Output.error("\r\u{1B}[K")
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
