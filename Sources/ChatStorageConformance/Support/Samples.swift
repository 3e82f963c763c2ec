package import ChatStorageCore

extension Timestamp {
    /// 2000-01-01T00:00:00.123456Z, which no clock shows again.
    package static let past = Timestamp(microsecondsSinceEpoch: 946_684_800_123_456)
    /// 9000-01-01T00:00:00.654321Z; compared with a conversation updated then, every clock is behind.
    package static let future = Timestamp(microsecondsSinceEpoch: 221_845_392_000_654_321)

    /// The time a number of microseconds later.
    package func advanced(by microseconds: Int64) -> Timestamp {
        Timestamp(microsecondsSinceEpoch: microsecondsSinceEpoch + microseconds)
    }
}

extension ConversationSnapshot {
    /// An old conversation with a number of messages, a microsecond apart.
    package static func sample(
        _ id: ConversationID, title: String? = nil, messages count: Int64 = 0, updatedAt: Timestamp? = nil
    ) -> ConversationSnapshot {
        let messages = (0..<count).map { index in
            Message(
                sequence: index + 1, role: index % 2 == 0 ? .user : .assistant, content: "message \(index + 1)",
                createdAt: .past.advanced(by: index))
        }
        return ConversationSnapshot(
            id: id, title: title, createdAt: .past, updatedAt: updatedAt ?? messages.last?.createdAt ?? .past,
            messages: messages)
    }
}

/// Texts that careless software changes, cuts, refuses or runs.
enum SampleText {
    static let peculiar = [
        " leading and trailing space ", "\t\n\r\n\u{b}\u{c}", "CR\rLF\nCRLF\r\n", "\u{85}\u{2028}\u{2029}",
        "\u{feff}byte order mark", "zero width \u{200b}\u{200d}\u{2060}", "\u{1}\u{2}\u{1b}[31mcontrols\u{7f}",
        "noncharacters \u{ffff}\u{fffe}\u{1ffff}\u{10ffff}", "replacement \u{fffd}", "private \u{e000}\u{f0000}",
        "composed \u{e9}, decomposed e\u{301}", "\u{212b}\u{c5}A\u{30a}", "\u{301}begins with an accent",
        "stacked a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}", "\u{ac00}\u{1100}\u{1161}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}", "\u{1f3fd}", "\u{1f1ef}", "\u{fe0f}\u{20e3}",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{202e}right to left\u{202c}", "\u{645}\u{631}\u{62d}\u{628}\u{627}",
        "\u{4f60}\u{597d} \u{20000}\u{2a6d6}", "stra\u{df}e STRASSE \u{130}\u{131} \u{fb01}",
        "'; DROP TABLE conversations; --", "\" ' ` $1 ?1 :name @name", "\\ \\0 \\x00 \\u0000 \\N \\.",
        "{\"role\": \"user\", \"content\": null}", "{a,NULL,\"b\"}", "NULL", "%s %n %d %@ %%", "${HOME} $(id) `id`",
        "<b>&amp;</b>", "a,b;c\td|e", "0", "1e400", "true", "--", "/* */",
    ]
}

extension SplitMix64 {
    /// A text of scalars of all planes, without U+0000.
    mutating func text(scalars count: Int) -> String {
        var text = String.UnicodeScalarView()
        while text.count < count {
            // Short encodings as often as long ones, so that all lengths in UTF-8 occur.
            let ranges: [ClosedRange<UInt32>] = [1...0x7f, 0x80...0x7ff, 0x800...0xffff, 0x1_0000...0x10_ffff]
            let range = ranges[Int.random(in: ranges.indices, using: &self)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &self)) { text.append(scalar) }
        }
        return String(text)
    }
}

extension Sequence<ConversationID> {
    /// The ids in the order of their UTF-8 bytes.
    func sortedByUTF8() -> [ConversationID] {
        sorted { $0.rawValue.utf8.lexicographicallyPrecedes($1.rawValue.utf8) }
    }
}
