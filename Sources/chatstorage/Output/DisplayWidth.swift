/// How many columns of a terminal a text takes, and how it is made to fit some.
///
/// Terminals draw East Asian wide characters and emoji on two columns and put combining marks on the character before.
extension String {
    var displayWidth: Int {
        // A character's width is looked up only where the text is not plain ASCII.
        utf8.allSatisfy { $0 < 0x80 } ? utf8.count : reduce(0) { $0 + $1.displayWidth }
    }

    /// The text as far as it fits, with … for what is cut off.
    func cut(toWidth width: Int) -> String {
        guard displayWidth > width else { return self }
        guard width > 0 else { return "" }
        return self[...].fitting(width: width - 1).head + "…"
    }

    /// The text with spaces up to a width.
    func padded(toWidth width: Int, onTheLeft: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - displayWidth))
        return onTheLeft ? spaces + self : self + spaces
    }
}

extension Substring {
    /// The first characters that fit, at least one, and the rest; it looks at no more of the text than fits.
    func fitting(width: Int) -> (head: Substring, rest: Substring) {
        var used = 0
        var end = startIndex
        while end < endIndex {
            used += self[end].displayWidth
            guard used <= width || end == startIndex && width > 1 else { break }
            end = index(after: end)
        }
        return (self[..<end], self[end...])
    }
}

extension Character {
    var displayWidth: Int {
        // U+FE0F asks for the emoji's picture, as in ❤️ and 1️⃣.
        if unicodeScalars.count > 1, unicodeScalars.contains("\u{FE0F}") { return 2 }
        return unicodeScalars.reduce(0) { max($0, $1.displayWidth) }
    }
}

extension Unicode.Scalar {
    fileprivate var displayWidth: Int {
        if value < 0x300 { return value < 0x20 || (0x7f..<0xa0).contains(value) || value == 0xad ? 0 : 1 }
        if properties.isEmojiPresentation || Self.isEastAsianWide(value) { return 2 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: return (0x1160...0x11ff).contains(value) ? 0 : 1
        }
    }

    /// The ranges of Unicode's EastAsianWidth.txt that are W or F, emoji apart; scattered ones are joined where only
    /// unassigned code points lie between.
    private static func isEastAsianWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0xa4cf,
            0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff01...0xff60,
            0xffe0...0xffe6, 0x16fe0...0x18dff, 0x1aff0...0x1b2ff, 0x1d300...0x1d37f, 0x1f200...0x1f265,
            0x20000...0x3fffd:
            value != 0x302a && value != 0x302b && value != 0x302c && value != 0x302d && value != 0x3099
                && value != 0x309a
        default: false
        }
    }
}
