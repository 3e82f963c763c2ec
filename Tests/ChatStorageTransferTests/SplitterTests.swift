import ChatStorageConformance
import ChatStorageTransfer
import Testing

@Suite("Splitting files into pieces")
struct SplitterTests {
    @Test("lines are numbered, blank ones left out, the last needs no newline")
    func lines() {
        let pieces = split(LineSplitter(), "a\n\n \t\r\nb\r\n\u{B}\u{C}\n  c")
        #expect(pieces == [.init(1, "a"), .init(4, "b\r"), .init(6, "  c")])
        #expect(split(LineSplitter(), "").isEmpty)
        #expect(split(LineSplitter(), "\n\n").isEmpty)
    }

    @Test("a line that is too long costs only itself, and is not kept")
    func longLine() {
        let pieces = split(LineSplitter(maximumBytes: 4), "1234\n12345\n12\n\(String(repeating: "x", count: 1000))")
        #expect(pieces == [.init(1, "1234"), .init(2, nil), .init(3, "12"), .init(4, nil)])
    }

    @Test("elements are cut at the commas between them, and know the line they begin in")
    func elements() {
        let text = """

            [
              {"a": ["x,]}", "\\"]", "\\\\"]}, {"b":
                {}
              }
              ,
              3,"s]"
            ]

            """
        #expect(
            split(ArraySplitter(), text) == [
                .init(3, #"{"a": ["x,]}", "\"]", "\\"]}"#), .init(3, "{\"b\":\n    {}\n  }\n  "), .init(7, "3"),
                .init(7, "\"s]\"\n"),
            ])
        #expect(split(ArraySplitter(), "[]").isEmpty)
        #expect(split(ArraySplitter(), " [ \n ] \n").isEmpty)
    }

    @Test("an element that is too long costs only itself")
    func longElement() {
        let pieces = split(ArraySplitter(maximumBytes: 4), #"["ab", "abc", ["x,y"], 1]"#)
        #expect(pieces == [.init(1, "\"ab\""), .init(1, nil), .init(1, nil), .init(1, "1")])
    }

    @Test("a damaged array says where it is damaged")
    func damagedArrays() {
        #expect(split(ArraySplitter(), "[1,\n2").last == .init(2, "cut off", isBroken: true))
        #expect(split(ArraySplitter(), "[1,\n\n").last == .init(3, "end of the file", isBroken: true))
        #expect(split(ArraySplitter(), "[\"\n").last == .init(1, "cut off", isBroken: true))
        #expect(split(ArraySplitter(), "[1]\n\n {} []").last == .init(3, "after the end", isBroken: true))
        #expect(split(ArraySplitter(), "[1]\n x y").count == 2)
        #expect(split(ArraySplitter(), "[,1,]") == [.init(1, ""), .init(1, "1"), .init(1, "")])
        #expect(split(ArraySplitter(), "[}},1]") == [.init(1, "}}"), .init(1, "1")])
    }

    @Test("where the chunks of a file end makes no difference", arguments: 0..<200)
    func chunks(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("[]{}\",,\n\\ a1é".utf8)
        let body = (0..<Int.random(in: 0..<80, using: &random)).compactMap { _ in alphabet.randomElement(using: &random)
        }
        for text in [Array("[".utf8) + body, body] {
            let maximum = Bool.random(using: &random) ? 10 : 1000
            var chunks: [[UInt8]] = []
            var rest = text[...]
            while !rest.isEmpty {
                let count = seed == 0 ? 1 : Int.random(in: 1...8, using: &random)
                chunks.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(
                split(LineSplitter(maximumBytes: maximum), chunks) == split(LineSplitter(maximumBytes: maximum), [text])
            )
            #expect(
                split(ArraySplitter(maximumBytes: maximum), chunks)
                    == split(ArraySplitter(maximumBytes: maximum), [text]))
        }
    }

    private func split(_ splitter: some TextSplitter, _ text: String) -> [SplitPiece] {
        split(splitter, [Array(text.utf8)])
    }

    private func split(_ splitter: some TextSplitter, _ chunks: [[UInt8]]) -> [SplitPiece] {
        var splitter = splitter
        var pieces: [TextPiece] = []
        for chunk in chunks { splitter.split(chunk, into: &pieces) }
        splitter.finish(into: &pieces)
        return pieces.map(SplitPiece.init)
    }
}

/// A piece as these tests write it down: nil for one that is too long, a part of the reason for a broken one.
private struct SplitPiece: Equatable {
    let line: Int
    let text: String?
    let isBroken: Bool

    init(_ line: Int, _ text: String?, isBroken: Bool = false) {
        self.line = line
        self.text = text
        self.isBroken = isBroken
    }

    init(_ piece: TextPiece) {
        line = piece.line
        switch piece.content {
        case .text(let bytes): (text, isBroken) = (String(decoding: bytes, as: UTF8.self), false)
        case .tooLong: (text, isBroken) = (nil, false)
        case .broken(let reason): (text, isBroken) = (reason, true)
        }
    }

    static func == (left: SplitPiece, right: SplitPiece) -> Bool {
        guard left.line == right.line, left.isBroken == right.isBroken else { return false }
        guard left.isBroken, let text = left.text, let part = right.text else { return left.text == right.text }
        return text.contains(part) || part.contains(text)
    }
}
