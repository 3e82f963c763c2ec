import ChatStorageConformance

/// Makes wrong inputs of right ones; its seed determines all of them.
struct Mutator {
    private let samples: [[UInt8]]
    private let tokens: [[UInt8]]
    private var generator: SplitMix64

    /// Makes a mutator.
    ///
    /// - Parameters:
    ///   - samples: Inputs that are right, at least one.
    ///   - tokens: What the format gives a meaning, to be put where it does not belong.
    init(samples: [String], tokens: [String], seed: UInt64) {
        self.samples = samples.map { Array($0.utf8) }
        self.tokens = tokens.map { Array($0.utf8) } + Self.anywhere
        generator = SplitMix64(seed: seed)
    }

    /// The next input: a sample after one to six mutations, few more often than many.
    mutating func next() -> [UInt8] {
        var bytes = samples[below(samples.count)]
        for _ in 0...below(below(6) + 1) { mutate(&bytes) }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let range = range(in: bytes)
        switch below(8) {
        case 0 where !bytes.isEmpty: bytes[below(bytes.count)] ^= 1 << UInt8(below(8))
        case 1 where !bytes.isEmpty: bytes[below(bytes.count)] = UInt8(below(256))
        case 2: bytes.insert(contentsOf: tokens[below(tokens.count)], at: range.lowerBound)
        case 3: bytes.replaceSubrange(range, with: tokens[below(tokens.count)])
        case 4: bytes.removeSubrange(range)
        case 5: bytes.insert(contentsOf: Array(bytes[range]), at: below(bytes.count + 1))
        case 6: bytes.removeLast(below(bytes.count + 1))
        default:
            let other = samples[below(samples.count)]
            bytes.replaceSubrange(range, with: other[self.range(in: other)])
        }
    }

    /// A stretch, short more often than long.
    private mutating func range(in bytes: [UInt8]) -> Range<Int> {
        let start = below(bytes.count + 1)
        let longest = [1, 4, 16, bytes.count][below(4)]
        return start..<min(bytes.count, start + below(longest + 1))
    }

    private mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &generator)
    }

    /// Bytes that readers of any text stumble over: parts of UTF-8 sequences, overlong ones, surrogates, marks, NUL.
    private static let anywhere: [[UInt8]] = [
        [0x00], [0x0a], [0x0d, 0x0a], [0x7f], [0x80], [0xc0, 0x80], [0xc3], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf],
        [0xef, 0xbf, 0xbd], [0xf0, 0x9f, 0x92], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xff, 0xfe], [0x1f, 0x8b],
        Array("\u{301}".utf8), Array("\u{2028}".utf8), Array("👩‍👩‍👧".utf8),
        Array("-1".utf8), Array("9223372036854775808".utf8), Array("1e999".utf8),
        Array(String(repeating: "x", count: 300).utf8),
    ]
}
