/// Stored text as it may be shown on a terminal, which obeys control characters.
enum TerminalText {
    /// The text on one line: newlines and tabs become spaces, other control characters their pictures (␛).
    static func line(_ text: String) -> String {
        show(text) { scalar in
            switch scalar {
            case "\n", "\t", "\r", "\u{2028}", "\u{2029}": " "
            default: nil
            }
        }
    }

    /// The text on its own lines, tabs as spaces.
    static func lines(_ text: String) -> [String] {
        let unified = text.replacing("\r\n", with: "\n")
        return unified.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            show(String(line)) { $0 == "\t" ? "    " : nil }
        }
    }

    private static func show(_ text: String, replacement: (Unicode.Scalar) -> String?) -> String {
        guard text.unicodeScalars.contains(where: { $0.isUnsafe }) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let replacement = replacement(scalar) {
                shown.append(contentsOf: replacement.unicodeScalars)
            } else if scalar.isUnsafe {
                shown.append(scalar.picture)
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }
}

extension Unicode.Scalar {
    /// Control characters, and those that turn the direction of the text around them.
    fileprivate var isUnsafe: Bool {
        switch value {
        case 0...0x1f, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    /// The Unicode picture of a control character, or the replacement character.
    fileprivate var picture: Unicode.Scalar {
        switch value {
        case 0...0x1f: Unicode.Scalar(0x2400 + value) ?? "\u{FFFD}"
        case 0x7f: "\u{2421}"
        default: "\u{FFFD}"
        }
    }
}
