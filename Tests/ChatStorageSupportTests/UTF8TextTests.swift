import ChatStorageSupport
import Testing

/// Text that comes from a database is taken as it is, or not at all.
@Suite struct UTF8TextTests {
    private func text(_ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBufferPointer { String(validUTF8: $0) }
    }

    @Test func validBytesAreTheText() {
        for valid in ["", "a", "\u{0}", "e\u{301}\u{e9}", "\u{fffd}", "\u{feff}\r\n", "\u{ffff}\u{10ffff}", "👩‍👩‍👧"] {
            #expect(text(Array(valid.utf8)).map { Array($0.utf8) } == Array(valid.utf8))
        }
        let long = Array(String(repeating: "é", count: 1_000).utf8)
        #expect(text(long).map { Array($0.utf8) } == long)
    }

    @Test func nothingIsRepaired() {
        // A lone continuation byte, an overlong form, a surrogate, a sequence cut off, beyond the last scalar.
        for invalid: [UInt8] in [
            [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x61, 0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80],
        ] {
            #expect(text(invalid) == nil)
            #expect(text(Array(repeating: 0x61, count: 100) + invalid) == nil)
        }
    }
}
