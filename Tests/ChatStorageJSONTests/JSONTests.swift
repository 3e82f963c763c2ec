import ChatStorageConformance
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "accepts what RFC 8259 does",
        arguments: [
            "{}", "[]", " {\"a\" : [1, -0, 0.5, 1e2, 2E-3, true, false, null]}\r\n", "\"\"", "-12.25e+7", "[[[]], {}]",
            #""\u00e9\n\/\"\\\ud83d\ude00\u0000""#, "\"é😀\u{7F}\"", "{\"a\":1,\"a\":2}",
        ])
    func accepts(text: String) throws {
        _ = try JSONSlice(validating: ArraySlice(text.utf8))
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]", "{\"a\" 1}", "01", "-", "1.", ".5",
            "1e", "+1", "0x1", "NaN", "Infinity", "tru", "nulls", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
            "\"\t\"", "\"\n\"", "\"\0\"", "{} {}", "[]]", "{\"a\":]}", "[}", "{]", "\"\\ud800\"", "\"\\udc00\"",
            "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\ud800\"", "\u{FEFF}{}", "{}\0", "// x\n{}",
            "{\"a\":1 \"b\":2}", "{1:2}", "[,1]", "\u{A0}{}",
        ])
    func refuses(text: String) {
        #expect(throws: JSONProblem.self) { try JSONSlice(validating: ArraySlice(text.utf8)) }
    }

    @Test(
        "refuses bytes that are not UTF-8",
        arguments: [
            NamedBytes("no UTF-8 byte", [0xff]), NamedBytes("a lead byte alone", [0xc3]),
            NamedBytes("an overlong NUL", [0xc0, 0x80]), NamedBytes("a surrogate", [0xed, 0xa0, 0x80]),
            NamedBytes("above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]), NamedBytes("two bytes of three", [0xe2, 0x82]),
        ])
    func refusesInvalidUTF8(text: NamedBytes) {
        #expect(throws: JSONProblem.self) { try JSONSlice(validating: ([0x22] + text.bytes + [0x22])[...]) }
    }

    @Test("bounds the nesting")
    func nesting() throws {
        func nested(_ depth: Int) -> ArraySlice<UInt8> {
            ArraySlice((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSONSlice(validating: nested(512))
        #expect(throws: JSONProblem.self) { try JSONSlice(validating: nested(513)) }
        #expect(throws: JSONProblem.self) {
            try JSONSlice(validating: ArraySlice(String(repeating: "{\"a\":", count: 1_000_000).utf8))
        }
    }

    @Test("reads values")
    func reads() throws {
        let text = #"""
            {"text": "a\tb\u00e9\ud83d\ude00\\", "list": [1, {"x": "]}"}, [2, "\""], "s"], "n": -7, "b": true, "z": null}
            """#
        let value = try JSONSlice(validating: ArraySlice(text.utf8))
        let members = try Dictionary(uniqueKeysWithValues: #require(value.members).map { ($0.key, $0.value) })
        #expect(members.count == 5)
        #expect(members["text"]?.string == "a\tbé😀\\")
        #expect(members["n"]?.integer == -7)
        #expect(members["b"]?.boolean == true)
        #expect(members["z"]?.kind == .null)
        let list = try Array(#require(members["list"]?.elements))
        #expect(list.map(\.kind) == [.number, .object, .array, .string])
        #expect(list[1].members?.map { $0.value.string } == ["]}"])
        #expect(list[2].elements?.map(\.kind) == [.number, .string])
    }

    @Test(
        "takes for integers only what is written as one and has 64 bits",
        arguments: [
            ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("20.0", nil), ("1e2", nil), ("\"1\"", nil), ("true", nil), ("null", nil),
        ] as [(String, Int64?)])
    func integers(text: String, expected: Int64?) throws {
        #expect(try JSONSlice(validating: ArraySlice(text.utf8)).integer == expected)
    }

    @Test("writes what it reads, and nothing that a terminal or a line splitter would obey")
    func writes() throws {
        let text = "\"\\\n\r\t\u{0}\u{1B}[31m\u{7F}\u{9B}é😀\u{2028}\u{2029}\u{FEFF}"
        let written = JSONOutput.object([("k\"", .array([.string(text), .integer(-1), .boolean(false), .null]))]).bytes
        #expect(written.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
        let start = #"{"k\"": ["\"\\\n\r\t\u0000\u001b[31m\u007f\u009bé😀\u2028"#
        #expect(String(decoding: written, as: UTF8.self).hasPrefix(start))
        let read = try JSONSlice(validating: written[...])
        let member = try #require(read.members?.first { _ in true })
        #expect(member.key == "k\"")
        #expect(member.value.elements?.first { _ in true }?.string?.utf8.elementsEqual(text.utf8) == true)
    }

    // Foundation's parser is the oracle. It takes a comma before a closing bracket, which JSON does not have.
    @Test("agrees with Foundation on mutated texts")
    func agreesWithFoundation() throws {
        var random = SplitMix64(seed: 20_180_502)
        let seeds = [
            #"{"role": "user", "content": "a\u00e9\ud83d\ude00 \\ \" é😀", "n": [1, -2.5e3, {"x": null}], "t": true}"#,
            #"[{"from": "human", "value": ""}, [], {}, [[1,2],[3]], "x", 0, false]"#,
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = Array(seeds.randomElement(using: &random)?.utf8 ?? "".utf8)
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = bytes[Int.random(in: 0..<bytes.count, using: &random)]
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: place)
                }
            }
            let ours = (try? JSONSlice(validating: bytes[...])) != nil
            let its = (try? JSONDecoder().decode(AnyJSON.self, from: Data(bytes))) != nil
            let text = String(decoding: bytes, as: UTF8.self)
            let isLaxer = text.contains(/,\s*[\]}]/)
            #expect(ours == its || (isLaxer && its), "\(text)")
            accepted += ours ? 1 : 0
        }
        #expect(accepted > 1000)
    }
}

/// Makes Foundation read a whole text.
private struct AnyJSON: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            for key in object.allKeys { _ = try object.decode(AnyJSON.self, forKey: key) }
        } else if var array = try? decoder.unkeyedContainer() {
            while !array.isAtEnd { _ = try array.decode(AnyJSON.self) }
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() { return }
            if (try? value.decode(Bool.self)) == nil, (try? value.decode(Double.self)) == nil {
                _ = try value.decode(String.self)
            }
        }
    }
}
