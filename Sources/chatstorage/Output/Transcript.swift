import ChatStorageCore

/// A conversation as people read it.
struct Transcript {
    private static let indentation = "  "
    /// Lines longer than this are hard to read, however wide the terminal is.
    private static let widestText = 100

    /// The terminal's columns; nil wraps nothing.
    let width: Int?
    let style: Style
    /// Whether long calls, results and reasoning are folded.
    var folds = true

    /// The text.
    ///
    /// - Parameters:
    ///   - isCut: Whether the path has messages before these.
    ///   - forks: Where the conversation has branched.
    func text(
        of conversation: Conversation, messages: [Message], isCut: Bool = false, forks: [Fork] = []
    ) -> String {
        let marks = VersionMark.marks(of: messages, in: forks)
        var lines = [style.bold(TerminalText.line(conversation.title ?? conversation.id.rawValue))]
        lines.append(style.dim(facts(of: conversation, forks: forks.count).joined(separator: " · ")))
        if !conversation.metadata.isEmpty { lines += folded(conversation.metadata.text, title: "metadata", depth: 0) }
        if messages.isEmpty {
            let isElsewhere = conversation.isBranched && conversation.messageCount > 0
            lines += ["", style.dim(isElsewhere ? "No messages on this path." : "No messages.")]
        }
        if let first = messages.first, isCut {
            lines += ["", style.dim("From message \(first.sequence) on; --limit or --all shows more.")]
        }
        if !marks.isEmpty {
            let advice = "Where there are several versions, `chatstorage head --branch NUMBER ID` shows another."
            lines += [""] + wrapped(advice, margin: "").map(style.dim)
        }
        for message in messages { lines += [""] + self.lines(of: message, marks[message.sequence]) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func facts(of conversation: Conversation, forks: Int) -> [String] {
        var facts: [String] = []
        if conversation.title != nil { facts.append(TerminalText.line(conversation.id.rawValue)) }
        facts.append("created \(conversation.createdAt.localMinute)")
        facts.append("updated \(conversation.updatedAt.localMinute)")
        if conversation.hasUnread { facts.append("\(conversation.unread) unread") }
        if forks > 0 { facts.append(forks.counted("fork")) }
        if let head = conversation.head { facts.append("head #\(head)") }
        if !conversation.labels.isEmpty {
            let labels = conversation.labels.sorted().map { TerminalText.line($0.rawValue) }
            facts.append("labels \(labels.joined(separator: ", "))")
        }
        return facts
    }

    private func lines(of message: Message, _ mark: VersionMark?) -> [String] {
        let role = style.role(message.role, TerminalText.line(message.role.rawValue))
        let state = message.state == .complete ? "" : " · \(message.state.rawValue)"
        var lines = ["\(role) \(style.dim("#\(message.sequence) · \(message.createdAt.localMinute)\(state)"))"]
        if let mark { lines += wrapped(mark.text, margin: margin(1)).map { margin(1) + style.dim($0) } }
        for part in message.parts { lines += self.lines(of: part) }
        if message.parts.isEmpty { lines.append(Self.indentation + style.dim("Nothing.")) }
        if !message.metadata.isEmpty { lines += folded(message.metadata.text, title: "metadata", depth: 1) }
        return lines
    }

    private func lines(of part: MessagePart) -> [String] {
        switch part.kind {
        case .text: return indented(part.text ?? "", depth: 1)
        case .refusal: return indented(part.text ?? "", title: "refusal", depth: 1)
        case .reasoning: return folded(part.text ?? "", title: "reasoning", depth: 1)
        case .toolCall: return folded(part.input ?? part.text ?? "", title: title("call", of: part), depth: 1)
        case .toolResult:
            let title = title(part.isError == true ? "failed result" : "result", of: part)
            return folded(part.output ?? part.text ?? "", title: title, depth: 1)
        default:
            let text = [part.text, part.input, part.output].compactMap(\.self).joined(separator: "\n")
            return folded(text, title: title(part.kind.rawValue, of: part), depth: 1)
        }
    }

    /// What a part is, in a line: `call get_weather · call_1`.
    private func title(_ kind: String, of part: MessagePart) -> String {
        let name = [kind, part.name ?? part.file?.name].compactMap(\.self).joined(separator: " ")
        let size = part.file?.size.map { "\(Int(clamping: $0).grouped) bytes" }
        let facts = [name, part.callID, part.status, part.file?.mediaType, size, part.file?.url ?? part.file?.id]
        return facts.compactMap(\.self).joined(separator: " · ")
    }

    /// A text under its title, cut if it is long, and how much is hidden.
    private func folded(_ text: String, title: String, depth: Int) -> [String] {
        let folded = FoldedText(text, folds: folds)
        let lines = indented(folded.text, title: title, depth: depth)
        guard let rest = folded.rest else { return lines }
        return lines + [margin(depth + 1) + style.dim("… \(rest) more; --full shows all.")]
    }

    /// A text on its own lines; under a title, which is cut to fit, one step further in.
    private func indented(_ text: String, title: String? = nil, depth: Int) -> [String] {
        let isTitled = title != nil
        var lines: [String] = []
        if let title {
            let line = TerminalText.line(title)
            lines.append(margin(depth) + style.dim(width.map { line.cut(toWidth: max(20, $0 - 2 * depth)) } ?? line))
            if text.isEmpty { return lines }
        }
        let margin = margin(isTitled ? depth + 1 : depth)
        return lines
            + TerminalText.lines(text).flatMap { wrapped($0, margin: margin) }.map { $0.isEmpty ? "" : margin + $0 }
    }

    private func margin(_ depth: Int) -> String { String(repeating: Self.indentation, count: depth) }

    /// A line cut between words, or within one that is too long.
    private func wrapped(_ line: String, margin: String) -> [String] {
        guard let width else { return [line] }
        let room = max(20, min(width, Self.widestText) - margin.count)
        var lines: [String] = []
        var rest = line[...]
        while true {
            var (head, tail) = rest.fitting(width: room)
            guard !tail.isEmpty else { return lines + [String(rest)] }
            if tail.first != " ", let space = head.lastIndex(of: " "), space > head.startIndex {
                tail = rest[space...]
                head = rest[..<space]
            }
            lines.append(String(head))
            rest = tail.drop { $0 == " " }
        }
    }
}
