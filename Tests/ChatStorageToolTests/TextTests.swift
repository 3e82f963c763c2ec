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

    @Test("columns are left out if there is no room, the widest first; some shrink before others")
    func optionalColumns() {
        var table = Table([
            .init(title: "ID", minimumWidth: 4), .init(title: "A", minimumWidth: 6, canBeLeftOut: true),
            .init(title: "N", isNumber: true, canBeLeftOut: true),
            .init(title: "B", minimumWidth: 8, canBeLeftOut: true, shrinksFirst: true),
        ])
        table.add(["abcdefgh", "aaaaaaaaaa", "7", "bbbbbbbbbbbbbbbb"])
        func row(_ width: Int?) -> String {
            String(table.text(width: width, style: .plain).split(separator: "\n")[1])
        }
        #expect(row(nil) == "abcdefgh  aaaaaaaaaa  7  bbbbbbbbbbbbbbbb")
        #expect(row(35) == "abcdefgh  aaaaaaaaaa  7  bbbbbbbbb…")
        #expect(row(25) == "abc…  aaaaa…  7  bbbbbbb…")
        #expect(row(24) == "abcdefgh  aaaaaaaaaa  7")
        #expect(row(15) == "abc…  aaaaa…  7")
        #expect(row(12) == "abcdefgh  7")
        #expect(row(6) == "abcde…")
    }

    @Test("a long text is folded, with how much is not shown; one that is hardly longer is not")
    func folded() {
        func folded(_ text: String) -> String? { FoldedText(text).rest }
        let lines = (1...20).map { "line \($0)" }.joined(separator: "\n")
        #expect(FoldedText(lines).text == (1...8).map { "line \($0)" }.joined(separator: "\n"))
        #expect(folded(lines) == "12 lines and 95 characters")
        #expect(FoldedText(lines, folds: false).text == lines && FoldedText(lines, folds: false).rest == nil)
        #expect(folded((1...10).map { "\($0)" }.joined(separator: "\n")) == nil)
        #expect(folded(String(repeating: "x", count: 700)) == nil)
        #expect(folded(String(repeating: "x", count: 701)) == "101 characters")
        #expect(FoldedText(String(repeating: "é", count: 2_000)).text.count == 600)
        #expect(FoldedText("").text.isEmpty && folded("") == nil)
    }

    @Test("tools' calls, results, reasoning and files are readable, each under what it is")
    func parts() throws {
        var conversation = Conversation(
            id: "c", title: nil, createdAt: .earliest, updatedAt: .earliest, lastSequence: 3, readThrough: 1,
            labels: ["b", "a"], metadata: ["n": 1])
        let file = MessageFile(mediaType: "image/png", name: "map.png", size: 12_345, url: "https://example.com/a")
        let parts: [MessagePart] = [
            .reasoning("Why\u{1b} not"), .text("One\nmoment."), .toolCall("weather\u{1b}", callID: "1", input: "{}"),
            .toolResult(callID: "1", output: (1...30).map { "\($0)" }.joined(separator: "\n"), isError: true),
            .file(file), MessagePart(.refusal, text: "No."), MessagePart("odd", text: "t", input: "i"), .text(""),
        ]
        var body = ChatMessage.assistant(parts)
        body.metadata = ["rating": 1]
        let messages = [body, .assistant([])].enumerated().map { index, body in
            Message(conversationID: "c", sequence: Int64(index) + 1, body: body, createdAt: .earliest)
        }
        let text = Transcript(width: 80, style: .plain).text(of: conversation, messages: messages)
        #expect(text.contains(" · 2 unread · labels a, b\nmetadata\n  {\"n\":1}\n"))
        let body0 = try #require(text.firstRange(of: "  reasoning")).lowerBound
        let shown = text[body0...].split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(
            shown.prefix(8) == [
                "  reasoning", "    Why␛ not", "  One", "  moment.", "  call weather␛ · 1", "    {}",
                "  failed result · 1", "    1",
            ])
        #expect(shown[15] == "    … 22 lines and 65 characters more; --full shows all.")
        #expect(
            shown[16...].prefix(10) == [
                "  file map.png · image/png · 12,345 bytes · https://example.com/a", "  refusal", "    No.", "  odd",
                "    t", "    i", "", "  metadata", "    {\"rating\":1}", "",
            ])
        #expect(text.hasSuffix("\n  Nothing.\n"))
        let full = Transcript(width: 80, style: .plain, folds: false).text(of: conversation, messages: messages)
        #expect(full.contains("    30\n  file") && !full.contains("…"))
        // No line is wider than the terminal.
        body.parts = [
            .toolCall(String(repeating: "n", count: 200), callID: "c", input: String(repeating: "x", count: 500))
        ]
        conversation = Conversation(
            id: "c", title: nil, createdAt: .earliest, updatedAt: .earliest, lastSequence: 1, readThrough: 1)
        let long = Message(conversationID: "c", sequence: 1, body: body, createdAt: .earliest)
        let narrow = Transcript(width: 40, style: .plain).text(of: conversation, messages: [long])
        #expect(narrow.split(separator: "\n").dropFirst(2).allSatisfy { String($0).displayWidth <= 40 }, "\(narrow)")
    }

    @Test("a transcript marks the versions of a message, and what an answer's state is")
    func branches() {
        let conversation = Conversation(
            id: "c", title: nil, createdAt: .earliest, updatedAt: .earliest, lastSequence: 40, readThrough: 40, head: 9)
        let messages = [1, 7, 9].map { sequence in
            Message(
                conversationID: "c", sequence: sequence, body: .user("x"), createdAt: .earliest,
                writing: sequence == 9 ? MessageWriting(state: .streaming, revision: 2) : nil)
        }
        func fork(_ after: Int64, _ successors: [Int64]) -> Fork {
            Fork(after: after, successors: successors.map { Fork.Successor(sequence: $0, newestEnd: $0) })
        }
        let forks = [fork(1, [2, 7, 8]), fork(7, [9, 10]), fork(20, [21, 22])]
        func lines(width: Int) -> [String] {
            Transcript(width: width, style: .plain).text(
                of: conversation, messages: messages, isCut: true, forks: forks
            ).split(separator: "\n").map(String.init)
        }
        let wide = lines(width: 100)
        #expect(wide[1].hasSuffix(" · 3 forks · head #9"))
        #expect(wide[2] == "From message 1 on; --limit or --all shows more.")
        #expect(wide[3] == "Where there are several versions, `chatstorage head --branch NUMBER ID` shows another.")
        #expect(wide[5] == "  x")
        #expect(wide[6].hasPrefix("user #7 · ") && wide[7] == "  ‹2/3› others: #2, #8")
        #expect(wide[9].hasSuffix(" · streaming") && wide[10] == "  ‹1/2› other: #10")
        let narrow = lines(width: 40)
        #expect(narrow.allSatisfy { $0.displayWidth <= 40 || $0.contains(" · ") || $0.hasPrefix("From") }, "\(narrow)")
        #expect(narrow.contains("  ‹2/3› others: #2, #8"))
        // Of very many, the nearest are named.
        let many = fork(1, Array(2...1_000))
        func mark(_ sequence: Int64) -> String? {
            let message = Message(
                conversationID: "c", sequence: sequence, role: .user, content: "", createdAt: .earliest)
            return VersionMark.marks(of: [message], in: [many])[sequence]?.text
        }
        #expect(mark(500) == "‹499/999› others: #497, #498, #499, #501, #502, #503, …")
        #expect(mark(2) == "‹1/999› others: #3, #4, #5, #6, #7, #8, …")
        #expect(mark(1_000) == "‹999/999› others: #994, #995, #996, #997, #998, #999, …")
        #expect(mark(1) == nil)
        // A conversation without branches shows none of this.
        let plain = Conversation(
            id: "c", title: nil, createdAt: .earliest, updatedAt: .earliest, lastSequence: 1, readThrough: 1)
        let text = Transcript(width: 80, style: .plain).text(of: plain, messages: [messages[0]])
        #expect(!text.contains("‹") && !text.contains("head") && !text.contains("fork"))
        let nowhere = Transcript(width: 80, style: .plain).text(
            of: Conversation(
                id: "c", title: nil, createdAt: .earliest, updatedAt: .earliest, lastSequence: 1, head: 0),
            messages: [])
        #expect(nowhere.hasSuffix("\n\nNo messages on this path.\n"))
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
            id: ConversationID(text), title: text, createdAt: .earliest, updatedAt: .earliest, lastSequence: 1,
            labels: [Label(text)], metadata: [text: .string(text)])
        let message = Message(
            conversationID: conversation.id, sequence: 1, role: Role(rawValue: text), content: text,
            createdAt: .earliest, key: text)
        let part = MessagePart(
            MessagePart.Kind(rawValue: text), id: text, text: text, name: text, callID: text, status: text, input: text,
            output: text, file: MessageFile(mediaType: text, name: text, url: text))
        let body = ChatMessage(role: .user, parts: [part, .reasoning(text)], metadata: [text: .string(text)])
        let parts = Message(conversationID: "c", sequence: 1, body: body, createdAt: .earliest)
        var table = Table([.init(title: "ID")])
        table.add([text])
        for shown in [
            TerminalText.line(text), TerminalText.text(text), table.text(width: nil, style: .plain),
            Transcript(width: 80, style: .plain).text(of: conversation, messages: [message]),
            Transcript(width: 80, style: .plain).text(of: conversation, messages: [parts]),
            String(decoding: parts.json.bytes, as: UTF8.self),
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
