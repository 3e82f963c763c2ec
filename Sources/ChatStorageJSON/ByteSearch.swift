#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

// Most bytes of a chat file are text that is only looked through for the byte that ends it, so that is done by the C
// library or eight bytes at a time.
extension ArraySlice<UInt8> {
    /// Where a byte comes first, at a place or after it.
    package func firstIndex(ofByte byte: UInt8, from start: Int) -> Int? {
        guard start < endIndex else { return nil }
        return withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let from = base + (start - startIndex)
            return memchr(from, CInt(byte), endIndex - start).map { start + (UnsafeRawPointer($0) - from) }
        }
    }

    /// How often a byte occurs.
    package func count(ofByte byte: UInt8) -> Int {
        var (count, position) = (0, startIndex)
        while let found = firstIndex(ofByte: byte, from: position) {
            count += 1
            position = found + 1
        }
        return count
    }
}

extension UnsafeRawBufferPointer {
    /// Where plain text of a JSON string ends: at a quote, a backslash, a control character, or a byte beyond ASCII;
    /// the end of the buffer if none comes.
    package func endOfPlainText(from start: Int) -> Int {
        var position = start
        while position + 8 <= count {
            let word = loadUnaligned(fromByteOffset: position, as: UInt64.self)
            if word.hasByteOfNote { break }
            position += 8
        }
        while position < count, self[position] >= 0x20, self[position] < 0x80, self[position] != UInt8(ascii: "\""),
            self[position] != UInt8(ascii: "\\")
        {
            position += 1
        }
        return position
    }
}

extension UInt64 {
    /// Whether one of the eight bytes ends plain text.
    ///
    /// `(x - 0x01…) & ~x & 0x80…` is nonzero if and only if a byte of x is 0; with 0x20… instead of 0x01…, if and only
    /// if a byte is below 0x20.
    fileprivate var hasByteOfNote: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        func hasZero(_ word: UInt64) -> Bool { (word &- ones) & ~word & highs != 0 }
        let quotes = UInt64(UInt8(ascii: "\"")) &* ones
        let backslashes = UInt64(UInt8(ascii: "\\")) &* ones
        return self & highs != 0 || (self &- 0x20 &* ones) & ~self & highs != 0 || hasZero(self ^ quotes)
            || hasZero(self ^ backslashes)
    }
}
