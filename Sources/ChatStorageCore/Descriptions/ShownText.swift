/// Texts and lists in the descriptions of values, which a debugger, `print` and failed tests show.
///
/// They quote chats, so nothing puts such a description into an error or a log.
enum ShownText {
    private static let scalars = 80
    private static let elements = 8

    /// A text in quotes, on one line; a long one is cut, with its size.
    static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(scalars)
        let quoted = "\"" + shown.map(escaped).joined() + "\""
        return shown.endIndex == text.unicodeScalars.endIndex ? quoted : "\(quoted)... (\(text.utf8.count) bytes)"
    }

    /// A text as it is, such as JSON; a long one is cut, with its size.
    static func cut(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(scalars)
        guard shown.endIndex < text.unicodeScalars.endIndex else { return text }
        return "\(String(shown))... (\(text.utf8.count) bytes)"
    }

    /// Elements with a separator between them; a longer list shows the first eight and how many more there are.
    static func list(_ elements: [String], separator: String) -> String {
        let rest = elements.count - self.elements
        let shown = elements.prefix(self.elements) + (rest > 0 ? ["\(rest) more"] : [])
        return shown.joined(separator: separator)
    }

    /// A scalar as a Swift literal has it, if it would break the line or hide in it.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        // A joiner only makes one picture of several.
        case "'", "\u{200D}": return String(scalar)
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return scalar.escaped(asASCII: true)
        default: return scalar.escaped(asASCII: false)
        }
    }
}
