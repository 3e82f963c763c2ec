import ChatStorageCore
import ChatStorageSupport
import ChatStorageTransfer

/// What an import shows: problems as they come, a progress bar, and the figures at the end.
actor ImportDisplay {
    /// How often the bar of a terminal moves, and how often a line is written elsewhere.
    private static let intervals = (bar: Duration.milliseconds(100), line: Duration.seconds(5))

    private let files: [String]
    private let totalBytes: Int64?
    private let isTerminal = FileDescriptor.standardError.isTerminal
    private let start = ContinuousClock.now
    private var lastProgress = ContinuousClock.now
    private var isBarShown = false

    /// The file that is being read, as it was given and as it is shown.
    private var path = ""
    private var file = ""
    private var finished = ImportSummary()
    private var current = ImportSummary()
    private var problems = ProblemKinds()
    private var unreadable = 0
    /// How many files have conversations, but none that is valid.
    private var withoutValid = 0
    private(set) var hasBegun = false

    /// - Parameter files: The names of all files, to know their size.
    init(files: [String]) {
        self.files = files
        let sizes = files.map { $0 == "-" ? nil : FileDescriptor.size(path: $0) }
        totalBytes = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
    }

    /// Begins a file.
    func begin(_ file: String) async {
        await endFile()
        path = file
        self.file = Self.shownName(file)
        hasBegun = true
    }

    /// Shows what became of a conversation, if there is anything to say, and how far the import is.
    func show(_ event: ImportEvent) async {
        current = event.summary
        let id = TerminalText.line(event.conversationID?.rawValue ?? "")
        switch event.outcome {
        case .imported, .unchanged: break
        case .different:
            // Each is about another conversation, so they are not counted by kind.
            await say("\(place(of: event)): different: conversation \(id) is there with other messages")
        case .failed(let reason):
            await problem("failed: conversation ", id, ": \(TerminalText.line(reason))", event)
        case .invalid(let reason), .fileDamaged(let reason):
            await problem("invalid: ", "", TerminalText.line(reason), event)
        }
        await showProgress()
    }

    /// Reports a file that cannot be read.
    func fail(_ error: ChatFileError) async {
        unreadable += 1
        var sentence = "\(file): \(error.message)"
        if let command = error.command { sentence += ": \(Self.pipeline(from: path, command))" }
        await say(sentence)
    }

    /// Removes the bar, and says how many problems were not shown.
    func end() async {
        await endFile()
        await clearBar()
    }

    /// Whether all that was asked for is in the store.
    func isComplete(skipInvalid: Bool) -> Bool {
        unreadable == 0 && withoutValid == 0 && total.different == 0 && total.failed == 0 && total.damagedFiles == 0
            && (skipInvalid || total.invalid == 0)
    }

    /// The figures of the whole import.
    ///
    /// - Parameters:
    ///   - interrupted: Whether a signal ended it.
    ///   - complete: Whether all that could be read was read.
    func summaryText(interrupted: Bool, complete: Bool) -> String {
        var lines: [String] = []
        if interrupted { lines.append("Interrupted: what is there is whole; run the same import again for the rest.") }
        let others = total.different + total.invalid + total.failed + unreadable
        switch (total.imported, total.unchanged) {
        case (0, 0) where others == 0 && complete:
            lines.append("No conversations in \(files.map(Self.shownName).joined(separator: ", ")).")
        case (0, 0): lines.append("Imported nothing.")
        case (0, let unchanged):
            lines.append(
                "Nothing new: \(unchanged.counted("conversation")) \(unchanged == 1 ? "is" : "are") there already.")
        case (let imported, let unchanged):
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            // Opening the store takes most of a short import, so its rate would say nothing about a long one's.
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
        if total.failed > 0 { lines.append("Failed because of the store's own data: \(total.failed.grouped).") }
        if total.damagedFiles > 0 {
            lines.append("Files that are damaged, or were not read to their end: \(total.damagedFiles.grouped).")
        }
        if unreadable > 0 { lines.append("Files that could not be read: \(unreadable.grouped).") }
        lines += leftOutText + mendedText
        return lines.joined(separator: "\n") + "\n"
    }

    /// What conversations have in the file but not in the store.
    private var leftOutText: [String] {
        let names = total.leftOut.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard !names.isEmpty else { return [] }
        return ["Left out, since the store has no place for it:"]
            + names.map { "  \(TerminalText.line($0.key)) in \($0.value.counted("conversation"))" }
    }

    /// What a lenient import mended.
    private var mendedText: [String] {
        let kinds = total.mended.sorted { ($1.value, $0.key.description) < ($0.value, $1.key.description) }
        return kinds.isEmpty ? [] : ["Mended:"] + kinds.map { "  \($0.key): \($0.value.grouped)" }
    }

    private static func shownName(_ file: String) -> String {
        file == "-" ? "standard input" : TerminalText.line(file)
    }

    /// The commands that import what another command makes of a file.
    private static func pipeline(from path: String, _ command: String) -> String {
        let start = path == "-" ? "... | \(command)" : "\(command) \(TerminalText.line(ShellWord.quoted(file: path)))"
        return "\(start) | chatstorage import -"
    }

    private var total: ImportSummary { finished + current }

    /// Where a conversation is; an array can be one long line, so its number and byte are needed there.
    private func place(of event: ImportEvent) -> String {
        guard let element = event.element else { return "\(file):\(event.line)" }
        let id = event.conversationID.map { ", id \(TerminalText.line($0.rawValue))," } ?? ""
        return "\(file):\(event.line): element \(element)\(id) at byte \(event.byte)"
    }

    /// Shows a problem, unless enough of its kind are shown; the conversation's id is no part of the kind.
    private func problem(_ start: String, _ id: String, _ end: String, _ event: ImportEvent) async {
        guard problems.count(start + end) else { return }
        await say("\(place(of: event)): \(start)\(id)\(end)")
    }

    /// Adds a file's figures to those of the files before.
    private func endFile() async {
        for sentence in problems.rest { await say("\(file): \(sentence)") }
        problems = ProblemKinds()
        if current.invalid > 0, current.imported + current.unchanged + current.different + current.failed == 0 {
            withoutValid += 1
        }
        finished = total
        current = ImportSummary()
    }

    private func say(_ sentence: String) async {
        await clearBar()
        await Output.error("\(sentence)\n")
    }

    private func showProgress() async {
        let now = ContinuousClock.now
        guard now - lastProgress >= (isTerminal ? Self.intervals.bar : Self.intervals.line) else { return }
        lastProgress = now
        let progress = ProgressLine(summary: total, totalBytes: totalBytes, seconds: (now - start) / .seconds(1))
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
