import ChatStorageConformance
@testable import ChatStorageTransfer
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
                .init(3, #"{"a": ["x,]}", "\"]", "\\"]}"#), .init(3, "{\"b\":\n    {}\n  }"), .init(7, "3"),
                .init(7, "\"s]\""),
            ])
        #expect(split(ArraySplitter(), "[]").isEmpty)
        #expect(split(ArraySplitter(), " [ \n ] \n").isEmpty)
    }

    @Test("pieces know the byte where they begin, and elements their number")
    func positions() {
        func positions(_ splitter: some TextSplitter, _ text: String) -> [[Int64?]] {
            var splitter = splitter
            var pieces: [TextPiece] = []
            for byte in text.utf8 { splitter.split([byte], into: &pieces) }
            splitter.finish(into: &pieces)
            return pieces.map { [$0.offset, $0.element.map(Int64.init)] }
        }
        #expect(positions(ArraySplitter(offset: 3), "[1, {},\n\n [2] ]") == [[4, 1], [7, 2], [13, 3]])
        #expect(positions(LineSplitter(offset: 3), "a\n\nbc\nd") == [[3, nil], [6, nil], [9, nil]])
    }

    @Test("an element that is too long costs only itself, and is not kept")
    func longElement() {
        let good = #"{"conversations": []}"#
        for filling in [#""a": "b", "#, String(repeating: #""a": ["b"], "#, count: 100)] {
            let long = "{\(filling)\(good.dropFirst())"
            for separator in [",\n", ", "] {
                let text = "[" + [good, long, "1", good, long].joined(separator: separator) + "]"
                let pieces = split(ArraySplitter(maximumBytes: good.utf8.count), text)
                #expect(pieces.map(\.isBroken) == [false, true, false, true])
                #expect(pieces.map { $0.text == good } == [true, false, true, false])
                #expect(pieces.allSatisfy { !$0.isBroken || $0.text?.hasPrefix("is longer than") == true })
            }
        }
        #expect(
            split(ArraySplitter(maximumBytes: 3), "[123,  \"a\" ,[1],1234]").map(\.isBroken) == [
                false, false, false, true,
            ])
    }

    @Test("a damaged array says where it is damaged")
    func damagedArrays() {
        #expect(split(ArraySplitter(), "[1,\n2").last == .init(2, "cut off", isBroken: true))
        #expect(split(ArraySplitter(), "[1,\n\n").last == .init(3, "end of the file", isBroken: true))
        #expect(split(ArraySplitter(), "[[1]\n").last == .init(2, "end of the file", isBroken: true))
        #expect(split(ArraySplitter(), "[\"\n").last == .init(1, "cut off", isBroken: true))
        #expect(split(ArraySplitter(), "[1]\n\n {} []").last == .init(3, "after the end", isBroken: true))
        #expect(split(ArraySplitter(), "[1]\n x y").count == 2)
        #expect(
            split(ArraySplitter(), "[,1,]") == [
                .init(1, "is missing", isBroken: true), .init(1, "1"), .init(1, "is missing", isBroken: true),
            ])
        #expect(split(ArraySplitter(), "[}},1]") == [.init(1, "is not valid JSON, at byte 2", isBroken: true)])
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
            #expect(
                split(ObjectSplitter(maximumBytes: maximum), chunks)
                    == split(ObjectSplitter(maximumBytes: maximum), [text]))
            let wrapped = [Array(#"{"b": [1], "a": "#.utf8)] + chunks + [Array("}".utf8)]
            let splitter = ElementSplitter(path: ["a"], maximumBytes: maximum)
            #expect(split(splitter, wrapped) == split(splitter, [Array(wrapped.joined())]))
        }
    }

    @Test("objects over several lines are cut where they end")
    func objects() {
        #expect(
            split(ObjectSplitter(), "{\n\"a\": \"}\"\n}\n\n{}{\n}") == [
                .init(1, "{\n\"a\": \"}\"\n}"), .init(5, "{}"), .init(5, "{\n}"),
            ])
        #expect(split(ObjectSplitter(), " \n ").isEmpty)
        #expect(split(ObjectSplitter(), "{\n").last == .init(1, "cut off", isBroken: true))
        // What is too long costs no other.
        let good = "{\n\"messages\": []\n}"
        #expect(
            split(ObjectSplitter(maximumBytes: 30), "{\n \"x\": [\(String(repeating: "1,", count: 50))1]\n}\n\(good)")
                == [.init(1, "is longer than 0 MiB", isBroken: true), .init(4, good)])
    }

    @Test("the elements of one array in an object, and the names of what stands beside it")
    func elementsOfMember() {
        let text = #"""
            {"v": 1, "n": null, "e": [ ], "data": {"u": "x", "list":
             [{"a": "]}"}, 2 , [3]], "w": {"list": [4]}, "é": [[]]},
             "list": [5]}
            {"data": {"list": [6]}, "data": [7], "\u0064ata": {"list": {}}}
            """#
        var splitter = ElementSplitter(path: ["data", "list"], offset: 3)
        var pieces: [TextPiece] = []
        splitter.split(Array(text.utf8), into: &pieces)
        splitter.finish(into: &pieces)
        #expect(pieces.map(SplitPiece.init).map(\.text) == [#"{"a": "]}"}"#, "2", "[3]", "6"])
        #expect(pieces.map(\.line) == [2, 2, 2, 4])
        #expect(pieces.map(\.element) == [1, 2, 3, 4])
        #expect(pieces[0].offset == 3 + 59)
        #expect(pieces.map(\.beside) == [["v", "data.u"], [], ["data.w", "data.é", "list"], ["data"]])
    }

    @Test(
        "damage beside an array ends reading, and what was read before it counts",
        arguments: [
            (#"{"a": [1, 2], "b": }"#, "byte 20"), (#"{"a": [1, 2], }"#, "byte 15"),
            (#"{"a": [1, 2]"#, "end of the file"),
            (#"{"a": [1, 2]} x"#, "byte 15"), (#"{"a": [1, 2], "b": [}]}"#, "byte 21"),
        ])
    func damageBesideElements(text: String, reason: String) {
        let pieces = split(ElementSplitter(path: ["a"]), text)
        #expect(pieces == [.init(1, "1"), .init(1, "2"), .init(1, reason, isBroken: true)])
    }

    @Test("a damaged element costs no other, though its object goes on")
    func damagedElement() {
        let elements = (0..<5).map { #"{"k": \#($0), "turns": [{"x": 1}]}"# }
        let text = #"{"data": [\#(elements.joined(separator: ",\n"))], "more": 1}"#
        #expect(split(ElementSplitter(path: ["data"]), text).count == 5)
        for (bad, good) in [(#""k": 3"#, #""k": "3"#), (#""k": 3, "turns": ["#, #""k": 3, "turns": [["#)] {
            let pieces = split(ElementSplitter(path: ["data"]), text.replacing(bad, with: good))
            #expect(pieces.map(\.isBroken) == [false, false, false, true, false])
            #expect(pieces.last?.text == elements[4])
        }
    }

    @Test("a whole file is one piece, one that is too long none")
    func wholeFile() {
        #expect(split(FileSplitter(), ["[1,".utf8, "\n2]".utf8].map(Array.init)) == [.init(1, "[1,\n2]")])
        #expect(split(FileSplitter(maximumBytes: 3), "[12]") == [.init(1, nil)])
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
        case .broken(let reason), .restNotRead(let reason): (text, isBroken) = (reason, true)
        }
    }

    static func == (left: SplitPiece, right: SplitPiece) -> Bool {
        guard left.line == right.line, left.isBroken == right.isBroken else { return false }
        guard left.isBroken, let text = left.text, let part = right.text else { return left.text == right.text }
        return text.contains(part) || part.contains(text)
    }
}
