import ChatStorageSupport

/// Stored text as it may be shown on a terminal, which obeys control characters.
enum TerminalText {
    /// The text on one line: newlines and tabs become spaces, other control characters their pictures (␛).
    static func line(_ text: String) -> String {
        show(text) { scalar in
            switch scalar {
            case "\n", "\t", "\r", Self.lineSeparator, Self.paragraphSeparator: " "
            default: nil
            }
        }
    }

    /// The text on its own lines, tabs as spaces.
    static func lines(_ text: String) -> [String] {
        let unified = text.replacing("\r\n", with: "\n")
        return unified.unicodeScalars.split(omittingEmptySubsequences: false) { scalar in
            scalar == "\n" || scalar == Self.lineSeparator || scalar == Self.paragraphSeparator
        }.map { line in
            show(String(line)) { $0 == "\t" ? "    " : nil }
        }
    }

    /// The text with its lines.
    static func text(_ text: String) -> String { lines(text).joined(separator: "\n") }

    private static let lineSeparator: Unicode.Scalar = "\u{2028}"
    private static let paragraphSeparator: Unicode.Scalar = "\u{2029}"

    private static func show(_ text: String, replacement: (Unicode.Scalar) -> String?) -> String {
        guard text.unicodeScalars.contains(where: { $0.isObeyed }) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let replacement = replacement(scalar) {
                shown.append(contentsOf: replacement.unicodeScalars)
            } else if scalar.isObeyed {
                shown.append(scalar.picture)
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }
}

extension Unicode.Scalar {
    /// The Unicode picture of a control character, or the replacement character.
    fileprivate var picture: Unicode.Scalar {
        switch value {
        case 0...0x1f: Unicode.Scalar(0x2400 + value) ?? "\u{FFFD}"
        case 0x7f: "\u{2421}"
        default: "\u{FFFD}"
        }
    }
}
