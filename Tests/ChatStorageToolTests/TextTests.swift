import ChatStorageCore
import ChatStorageJSON
import ChatStorageTransfer
import Testing

@testable import chatstorage

@Suite("Text for people")
struct TextTests {
    @Test(
        "a text is as wide as a terminal shows it",
        arguments: [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("東京", 4), ("한국", 4), ("\u{1112}\u{1161}\u{11ab}", 2),
            ("🍁", 2),
            ("👩‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("❤️", 2), ("❤", 1), ("👋🏽", 2), ("…", 1), ("─", 1), ("ﾊﾛｰ", 3), ("！", 2),
            ("\u{200B}", 0), ("שלום", 4), ("สวัสดี", 4), ("1️⃣", 2), ("1", 1), ("©", 1),
        ])
    func width(text: String, width: Int) {
        #expect(text.displayWidth == width)
    }

    @Test("a text is cut at a character, never in the middle of a wide one")
    func cut() {
        #expect("abcdef".cut(toWidth: 6) == "abcdef")
        #expect("abcdef".cut(toWidth: 5) == "abcd…")
        #expect("東京都".cut(toWidth: 6) == "東京都")
        #expect("東京都".cut(toWidth: 5) == "東京…")
        #expect("東京都".cut(toWidth: 4) == "東…")
        #expect("abc".cut(toWidth: 1) == "…")
        #expect("abc".cut(toWidth: 0) == "")
        #expect("e\u{301}e\u{301}e\u{301}".cut(toWidth: 2) == "e\u{301}…")
    }

    @Test("a table gives way in its widest columns, down to their minimum")
    func table() {
        var table = Table([
            .init(title: "ID", minimumWidth: 4), .init(title: "TITLE", minimumWidth: 6),
            .init(title: "N", isNumber: true),
        ])
        table.add(["abcdefgh", "a long title of a chat", "7"])
        table.add(["ij", "", "123"])
        #expect(
            table.text(width: nil, style: .plain) == """
                ID        TITLE                     N
                abcdefgh  a long title of a chat    7
                ij                                123

                """)
        #expect(
            table.text(width: 24, style: .plain) == """
                ID        TITLE        N
                abcdefgh  a long t…    7
                ij                   123

                """)
        #expect(
            table.text(width: 1, style: .plain)
                == """
                ID    TITLE     N
                abc…  a lon…    7
                ij              123

                """.replacing("ij              123", with: "ij            123"))
    }

    @Test("long lines of a transcript are wrapped between words where there are some")
    func transcript() {
        let conversation = Conversation(
            id: "c", title: nil, createdAt: Timestamp(microsecondsSinceEpoch: 0),
            updatedAt: Timestamp(microsecondsSinceEpoch: 0), lastSequence: 1)
        func lines(_ content: String, width: Int?) -> [String] {
            let message = Message(
                conversationID: "c", sequence: 1, role: .user, content: content, createdAt: conversation.createdAt)
            let text = Transcript(width: width, style: .plain).text(of: conversation, messages: [message])
            return text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(4).dropLast().map(
                String.init)
        }
        #expect(lines("one two three four five six seven", width: 24) == ["  one two three four", "  five six seven"])
        #expect(
            lines(String(repeating: "x", count: 30), width: 24) == [
                "  " + String(repeating: "x", count: 22), "  xxxxxxxx",
            ])
        #expect(
            lines(String(repeating: "字", count: 12), width: 24) == ["  " + String(repeating: "字", count: 11), "  字"])
        #expect(lines("a\n\n\tb", width: 24) == ["  a", "", "      b"])
        #expect(lines(String(repeating: "y ", count: 300), width: nil).count == 1)
        #expect(lines("", width: 80) == [""])
    }

    @Test("a line is wrapped in a time that grows with its length", .timeLimit(.minutes(1)))
    func longLine() {
        // Looking at all the rest for each line that is cut off would take hours.
        let line = String(repeating: "long ", count: 800_000)
        let message = Message(
            conversationID: "c", sequence: 1, role: .user, content: line, createdAt: .earliest)
        let conversation = Conversation(
            id: "c", title: nil, createdAt: .earliest, updatedAt: .earliest, lastSequence: 1)
        let text = Transcript(width: 80, style: .plain).text(of: conversation, messages: [message])
        #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } > 50_000)
    }

    @Test(
        "what a terminal obeys is shown nowhere as it is",
        arguments: [
            "\u{1B}", "\u{7F}", "\u{85}", "\u{9B}", "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}", "\u{2066}",
            "\u{2069}",
        ])
    func obeyed(scalar: String) {
        let text = "a\(scalar)b"
        let conversation = Conversation(
            id: ConversationID(text), title: text, createdAt: .earliest, updatedAt: .earliest, lastSequence: 1)
        let message = Message(
            conversationID: conversation.id, sequence: 1, role: Role(rawValue: text), content: text,
            createdAt: .earliest, key: text)
        var table = Table([.init(title: "ID")])
        table.add([text])
        for shown in [
            TerminalText.line(text), TerminalText.text(text), table.text(width: nil, style: .plain),
            Transcript(width: 80, style: .plain).text(of: conversation, messages: [message]),
            String(decoding: conversation.json.bytes, as: UTF8.self),
            String(decoding: message.json.bytes, as: UTF8.self),
            "\(Failure.noConversation(conversation.id).message ?? "")",
            Failure.sentence(about: ChatStorageError(.damaged, text)),
        ] {
            #expect(!shown.contains(scalar) && shown.contains("a") && shown.contains("b"), "\(shown.debugDescription)")
        }
    }

    @Test("the separators of lines and paragraphs end a line where it is shown on several")
    func separators() {
        #expect(TerminalText.lines("a\u{2028}b\u{2029}c\r\nd\n") == ["a", "b", "c", "d", ""])
        #expect(TerminalText.line("a\u{2028}b\u{2029}c\nd") == "a b c d")
        #expect(TerminalText.lines("\u{5D0}\u{200F}!") == ["\u{5D0}\u{200F}!"])
    }

    @Test("the import's progress fits its line")
    func progress() {
        var summary = ImportSummary()
        summary.imported = 3_012
        summary.messages = 108_003
        summary.bytesRead = 50
        let known = ProgressLine(summary: summary, totalBytes: 100, seconds: 2)
        #expect(known.text == "50%, 3,012 conversations, 108,003 messages, 54,001 a second")
        #expect(known.bar(width: 100).hasPrefix("████████████░░░░░░░░░░░░  50%, "))
        #expect(known.bar(width: 80) == known.text)
        for width in 1...120 { #expect(known.bar(width: width).displayWidth < max(width, 1)) }
        let pipe = ProgressLine(summary: summary, totalBytes: nil, seconds: 0)
        #expect(pipe.bar(width: 200).hasPrefix("3,012 conversations, "))
    }

    @Test("numbers")
    func numbers() {
        #expect([0, 999, 1_000, -1_234_567].map(\.grouped) == ["0", "999", "1,000", "-1,234,567"])
        #expect([1, 2].map { $0.counted("message") } == ["1 message", "2 messages"])
        #expect([0, 0.05, 12.96, 1234.5].map { $0.text(decimals: 1) } == ["0.0", "0.1", "13.0", "1,234.5"])
    }
}
