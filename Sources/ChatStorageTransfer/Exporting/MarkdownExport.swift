import ChatStorageCore

/// Markdown for people: the current path of each conversation.
///
/// Every text is quoted and escaped, so nothing in it can look like a heading, a link, a picture or another message.
/// Control characters become spaces.
struct MarkdownExport: ExportWriter {
    private(set) var summary = ExportSummary()

    var beginning: [UInt8] { [] }
    var end: [UInt8] { [] }

    mutating func conversation(_ whole: WholeConversation, tenant: String?) -> [UInt8] {
        let (conversation, path) = (whole.conversation, whole.currentPath)
        summary.conversations += 1
        summary.messages += path.count
        summary.leaveOut("messages of other branches", whole.messages.count - path.count)
        let metadata = path.count { !$0.metadata.isEmpty } + (conversation.metadata.isEmpty ? 0 : 1)
        summary.leaveOut("metadata", metadata)
        summary.leaveOut("keys", path.count { $0.key != nil })
        summary.leaveOut("providers' own forms", path.count { $0.body.native != nil })
        for part in path.flatMap(\.parts) { summary.leaveOut(part) }
        var text = "# \(Self.line(conversation.title ?? conversation.id.rawValue))\n\n"
        var facts = ["Conversation \(Self.line(conversation.id.rawValue))"]
        if let tenant { facts.append("tenant \(Self.line(tenant))") }
        facts.append("created \(conversation.createdAt)")
        facts.append("updated \(conversation.updatedAt)")
        if !conversation.labels.isEmpty {
            facts.append(
                "labels " + conversation.labels.sorted().map { Self.line($0.rawValue) }.joined(separator: ", "))
        }
        text += facts.joined(separator: " · ") + "\n\n"
        for message in path {
            let state = message.state == .complete ? "" : " · \(message.state.rawValue)"
            text += "## \(Self.line(message.role.rawValue)) · \(message.createdAt)\(state)\n\n"
            for part in message.parts { text += Self.text(of: part) }
        }
        return Array(text.utf8)
    }

    /// A part in Markdown: its text, its call or result, and the name of its file.
    private static func text(of part: MessagePart) -> String {
        if part.kind == .text { return quoted(part.text ?? "") }
        let names = [
            String(part.kind.rawValue.map { $0 == "_" ? " " : $0 }), part.name, part.file?.name, part.file?.mediaType,
        ]
        .compactMap(\.self)
        let body = [part.text, part.input, part.output].compactMap(\.self).filter { !$0.isEmpty }
        guard !body.isEmpty else { return "\(names.map(line).joined(separator: " · "))\n\n" }
        // Within HTML Markdown's escapes are text.
        let name = names.map(htmlLine).joined(separator: " · ")
        return "<details><summary>\(name)</summary>\n\n\(body.map(quoted).joined())</details>\n\n"
    }

    /// A text of several lines as a quotation; nothing for an empty one.
    private static func quoted(_ text: String) -> String {
        guard !text.isEmpty else { return "" }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let shown = lines.map { line in
            // Markdown drops spaces at a line's beginning, and makes code of four.
            let indent = line.prefix { $0 == " " || $0 == "\t" }
            let spaces = indent.map { $0 == "\t" ? "&nbsp;&nbsp;&nbsp;&nbsp;" : "&nbsp;" }.joined()
            return spaces + escaped(line.dropFirst(indent.count))
        }
        var result = ""
        for (index, line) in shown.enumerated() {
            let breaks = index + 1 < shown.count && !line.isEmpty && !shown[index + 1].isEmpty
            result += line.isEmpty ? ">\n" : "> \(line)\(breaks ? "\\" : "")\n"
        }
        return result + "\n"
    }

    /// A text on one line.
    private static func line(_ text: String) -> String {
        escaped(Substring(text.split(whereSeparator: \.isNewline).joined(separator: " ")))
    }

    /// A text on one line of HTML.
    private static func htmlLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
            .replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }

    /// The text with all that Markdown or HTML could read as markup escaped.
    private static func escaped(_ text: Substring) -> String {
        var result = ""
        let scalars = text.unicodeScalars
        for index in scalars.indices {
            let (scalar, next) = (scalars[index], scalars.index(after: index))
            let isBeforeSpace = next == scalars.endIndex || scalars[next] == " "
            switch scalar {
            case "<": result += "&lt;"
            case "&": result += "&amp;"
            case ",", ";", "?", "%", "'", "\"", "/": result.unicodeScalars.append(scalar)
            // After a digit they could begin a list, and a full stop within a word can make a link.
            case "." where isBeforeSpace && !endsInDigit(result), "(" where !endsInDigit(result),
                ")" where !endsInDigit(result):
                result.unicodeScalars.append(scalar)
            case "!"..."/", ":"..."@", "["..."`", "{"..."~":
                result += "\\"
                result.unicodeScalars.append(scalar)
            case "\u{0}"..<" ": result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func endsInDigit(_ text: String) -> Bool {
        text.unicodeScalars.last.map { ("0"..."9").contains($0) } ?? false
    }
}

extension ExportSummary {
    /// Counts what Markdown does not show of a part.
    fileprivate mutating func leaveOut(_ part: MessagePart) {
        if part.file?.url != nil || part.file?.id != nil { leaveOut("URLs and ids of files") }
        if part.id != nil || part.callID != nil { leaveOut("ids of parts") }
        if part.native != nil || !part.extra.isEmpty { leaveOut("providers' own forms") }
    }
}
