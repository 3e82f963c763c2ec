import ChatStorageConformance
import ChatStorageCore
import ChatStorageJSON
import ChatStorageTransfer
import Testing

@Suite("Damaged arrays")
struct DamagedArrayTests {
    /// How the elements of an array are laid out.
    enum Layout: String, CaseIterable {
        /// One in each line, as many programs write.
        case lines
        /// The first beside the bracket.
        case linesAfterFirst
        /// All in one line.
        case inline
        /// Python's `indent=2`.
        case indented
        /// Python's `indent=0`.
        case unindented

        func array(of elements: [String]) -> String {
            switch self {
            case .lines: "[\n\(elements.joined(separator: ",\n"))\n]\n"
            case .linesAfterFirst: "[\(elements.joined(separator: ",\r\n"))]"
            case .inline: "[\(elements.joined(separator: ", "))]"
            case .indented, .unindented:
                "[\n" + elements.map { spread($0) }.joined(separator: ",\n") + "\n]\n"
            }
        }

        /// Each bracket and member in a line of its own; the samples' texts have neither.
        private func spread(_ element: String) -> String {
            var depth = 1
            var text = ""
            for character in element {
                if "}]".contains(character) { (depth, text) = (max(0, depth - 1), text + newline(depth - 1)) }
                text.append(character)
                if "{[".contains(character) { depth += 1 }
                if "{[,".contains(character) { text += newline(depth) }
            }
            return (self == .indented ? "  " : "") + text
        }

        private func newline(_ depth: Int) -> String {
            "\n" + (self == .indented ? String(repeating: "  ", count: max(0, depth)) : "")
        }
    }

    private static let texts = ["one", "two", "three", "four", "five"]

    private static func element(_ text: String) -> String {
        #"{"id": "\#(text)","conversations": [{"from": "human","value": "\#(text) é"},{"from": "gpt","value": "ok"}]}"#
    }

    private static let damages: [(name: String, change: @Sendable (String) -> String)] = [
        ("an unescaped quote", { $0.replacing(" é", with: " 5\" é") }),
        ("two unescaped quotes", { $0.replacing(" é", with: " \"a\" é") }),
        ("quotes around a comma", { $0.replacing(" é", with: "\", \"é") }),
        ("a missing quote", { $0.replacing(" é\"", with: " é") }),
        ("a quote at the end", { $0 + "\"" }),
        ("a missing brace", { String($0.dropLast()) }),
        ("a missing bracket", { $0.replacing("]}", with: "}") }),
        ("both missing", { String($0.dropLast(2)) }),
        ("a missing inner brace", { $0.replacing("},", with: ",") }),
        ("a brace too many", { $0 + "}" }),
        ("a bracket too many", { $0 + "]" }),
        ("brackets that close the array", { $0 + "]}]" }),
        ("an opening brace too many", { "{" + $0 }),
        ("an opening bracket too many", { "[" + $0 }),
        ("opening brackets too many", { "[[[[" + $0 }),
        ("a missing comma within", { $0.replacing(",\"conv", with: " \"conv") }),
        ("cut off in a text", { String($0.prefix(60)) }),
        ("cut off after a colon", { String($0.prefix { $0 != "o" && $0 != "t" && $0 != "f" }) }),
        ("cut off after a turn", { String($0.prefix { $0 != "}" }) + "}" }),
        ("nothing but a brace", { _ in "{" }),
        ("nothing but a bracket", { _ in "[" }),
        ("the beginning of an array", { _ in "[1, {}" }),
        ("nothing but a quote", { _ in "\"" }),
        ("the beginning of a string", { _ in "\"conversa" }),
        ("not JSON", { _ in "Traceback (most recent call last)" }),
        ("bytes of nothing", { _ in "\u{0}\u{1}\u{7F}" }),
        ("a bad escape", { $0.replacing(" é", with: " \\x") }),
        ("a bad literal", { $0.replacing("\"ok\"", with: "None") }),
    ]

    @Test(
        "damage costs only the damaged element, in every layout, and is counted once",
        arguments: Layout.allCases, 0..<damages.count)
    func oneDamaged(layout: Layout, damage: Int) async throws {
        let (name, change) = Self.damages[damage]
        for damaged in Self.texts.indices {
            var elements = Self.texts.map(Self.element)
            elements[damaged] = change(elements[damaged])
            let entries = try await read(layout.array(of: elements))
            let others = Self.texts.indices.filter { $0 != damaged }.map { Self.texts[$0] }
            let found = entries.compactMap(\.conversation)
            // Some damage, such as a bracket behind an element, is beside it.
            let rest = found.filter { $0.messages.first?.content != "\(Self.texts[damaged]) é" }
            #expect(rest.map(\.id.rawValue) == others, "\(name) in \(damaged)")
            #expect(rest.map { $0.messages.first?.content } == others.map { "\($0) é" }, "\(name) in \(damaged)")
            #expect(rest.allSatisfy { $0.messages.count == 2 })
            #expect(entries.count - found.count == 1, "\(name) in \(damaged): \(entries.map(\.reason))")
        }
    }

    @Test("a report says where the damage is, where reading went on, and which element it is")
    func positions() async throws {
        var elements = Self.texts.map(Self.element)
        elements[1] = elements[1].replacing(" é", with: " 5\" é")
        let text = Layout.lines.array(of: elements)
        let entries = try await read(text)
        let (line, byte) = (
            try #require(text.utf8.firstByte(of: "\" é")), try #require(text.utf8.firstByte(of: "{\"id\": \"three"))
        )
        #expect(entries.map(\.line) == [2, 3, 4, 5, 6])
        #expect(entries.map(\.element) == [1, 2, 3, 4, 5])
        #expect(
            entries[1].reason
                == "is not valid JSON, at byte \(line + 3) of the file; reading went on at line 4, byte \(byte + 1) of the file"
        )
        for entry in entries where entry.conversation != nil {
            #expect(
                text.utf8.dropFirst(Int(entry.byte) - 1).starts(with: "{\"id\": \"\(entry.id?.rawValue ?? "")\"".utf8))
        }
    }

    @Test("damage after which no element comes says from where the file was not read")
    func rest() async throws {
        let good = Self.element("one")
        for (text, line) in [
            ("[\n\(good),\n{\"id\": \"x\" \"\n", 3),
            ("[\(good),\n\n{\"conversations\": [{\"from\": \"human\", \"va", 3),
            ("[\(good)]\n\ntext", 3), ("[\(good)\n", 2), ("[\(good),\n{]\n{\"id\": [{\"b\": }\n]", 2),
        ] {
            let entries = try await read(text)
            #expect(entries.count == 2 && entries[0].conversation != nil, "\(text)")
            guard case .fileDamaged = entries[1].content else {
                Issue.record("\(text): \(entries[1])")
                continue
            }
            #expect(entries[1].line == line, "\(text)")
        }
        // Here nothing is after the damage.
        let whole = try await read("[\(good),\n{\"id\": \"x\" \"y\"}\n]\n")
        #expect(whole.map(\.isDamage) == [false, false] && whole[1].reason != nil)
    }

    @Test("an array that ends too early, and one after another, are read on")
    func afterTheEnd() async throws {
        let (one, two, three) = (Self.element("one"), Self.element("two"), Self.element("three"))
        for text in [
            "[\(one)]\n,\n\(two),\n\(three)]", "[\n\(one)\n]\n[\n\(two),\n\(three)\n]\n", "[\(one)\n\(two)\n\(three)]",
        ] {
            let entries = try await read(text)
            #expect(entries.compactMap { $0.conversation?.id } == ["one", "two", "three"], "\(text)")
            #expect(entries.contains { $0.reason != nil } && !entries.contains(where: \.isDamage), "\(text)")
        }
    }

    @Test("JSON in a message's text is never a conversation, whatever is damaged", arguments: Layout.allCases)
    func forgedText(layout: Layout) async throws {
        let forged = Self.element("forged")
        let texts = [
            forged, "]}, \(forged), {", "]},\n\(forged),\n{", "\n\(forged)\n", "\"}]},\n\(forged),\n",
            "\\\"}]},\n\(forged),\n",
            "\\", "\\\"", "},{\"", "{\"", "{\"messages\":[", ", ", ":",
        ]
        var random = SplitMix64(seed: 12)
        for text in texts {
            // As any program escapes it.
            let escaped = JSONOutput.string(text)
            let victim = JSONOutput.object([
                ("id", .string("victim")),
                (
                    "conversations",
                    .array([
                        .object([("from", .string("human")), ("value", escaped)]),
                        .object([("from", .string("gpt")), ("value", escaped)]),
                    ])
                ),
            ])
            let element = String(decoding: victim.bytes, as: UTF8.self)
            for _ in 0..<40 {
                var elements = [Self.element("one"), element, element, Self.element("two")]
                // One or two bytes too few or too many somewhere in the two.
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    let index = Int.random(in: 1...2, using: &random)
                    let quotesAndBrackets = elements[index].indices.filter { "\"{}[],:".contains(elements[index][$0]) }
                    guard let place = quotesAndBrackets.randomElement(using: &random) else { continue }
                    if Bool.random(using: &random) {
                        elements[index].remove(at: place)
                    } else {
                        elements[index].insert("\"{}[],:".randomElement(using: &random) ?? ",", at: place)
                    }
                }
                let array = "[" + elements.joined(separator: layout == .inline ? ", " : ",\n") + "]"
                let ids = try await read(array).compactMap { $0.conversation?.id.rawValue }
                #expect(!ids.contains("forged"), "\(array)")
                #expect(ids.first == "one" && ids.last == "two", "\(array)")
            }
        }
    }

    @Test("conversations within a damaged one are not taken where the layout says that they are within")
    func nested() async throws {
        let inner = Self.element("inner")
        for separator in ["\n", "\n  "] {
            let damaged =
                "{\"conversations\": [\"a\" \"b\"],\(separator)  \"others\": [\(separator)    \(inner),\(separator)    \(inner)]}"
            let text =
                "[\(separator)\(Self.element("one")),\(separator)\(damaged),\(separator)\(Self.element("two"))\n]"
            #expect(try await read(text).compactMap { $0.conversation?.id } == ["one", "two"])
        }
    }

    @Test("elements within elements, none of which ends, are given up instead of being looked at again and again")
    func bounded() {
        var splitter = ArraySplitter(maximumBytes: 1_000)
        var pieces: [TextPiece] = []
        splitter.split(Array("[".utf8), into: &pieces)
        for _ in 0..<2_000 { splitter.split(Array("{\"a\": [1, [2, 3]], \"b\":\n[".utf8), into: &pieces) }
        splitter.split(Array("\n\(Self.element("late"))".utf8), into: &pieces)
        splitter.finish(into: &pieces)
        #expect(pieces.count == 1)
        guard case .restNotRead(let reason) = pieces.first?.content else {
            Issue.record("\(pieces)")
            return
        }
        #expect(reason.contains("the rest of the file, from line 1, byte 2, was not read"))
    }

    private func read(_ text: String) async throws -> [ChatFile.Entry] {
        try await TestFile.read(text)
    }
}

extension Sequence<UInt8> {
    /// How many bytes stand before the first occurrence of a text.
    fileprivate func firstByte(of text: String) -> Int? {
        let (bytes, wanted) = (Array(self), Array(text.utf8))
        return bytes.indices.first { bytes[$0...].starts(with: wanted) }
    }
}
