import ChatStorageCore

/// A conversation as people read it.
struct Transcript {
    private static let indentation = "  "
    /// Lines longer than this are hard to read, however wide the terminal is.
    private static let widestText = 100

    /// The terminal's columns; nil wraps nothing.
    let width: Int?
    let style: Style

    func text(of conversation: Conversation, messages: [Message]) -> String {
        var lines = [style.bold(TerminalText.line(conversation.title ?? conversation.id.rawValue))]
        var facts = [String]()
        if conversation.title != nil { facts.append(TerminalText.line(conversation.id.rawValue)) }
        facts.append("created \(conversation.createdAt.localMinute)")
        facts.append("updated \(conversation.updatedAt.localMinute)")
        lines.append(style.dim(facts.joined(separator: " · ")))
        if messages.isEmpty { lines += ["", style.dim("No messages.")] }
        if let first = messages.first, first.sequence > 1 {
            lines += ["", style.dim("From message \(first.sequence) on; --limit shows more.")]
        }
        for message in messages { lines += [""] + self.lines(of: message) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func lines(of message: Message) -> [String] {
        let role = style.role(message.role, TerminalText.line(message.role.rawValue))
        let header = "\(role) \(style.dim("#\(message.sequence) · \(message.createdAt.localMinute)"))"
        let texts = TerminalText.lines(message.content).flatMap(wrapped)
        return [header] + texts.map { $0.isEmpty ? "" : Self.indentation + $0 }
    }

    /// A line cut between words, or within one that is too long.
    private func wrapped(_ line: String) -> [String] {
        guard let width else { return [line] }
        let room = max(20, min(width, Self.widestText) - Self.indentation.count)
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
