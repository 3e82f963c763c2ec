#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

// Swift's `String ==` and `<` compare canonical forms; databases compare bytes. Stored text is compared as bytes
// everywhere (contract T2, T5), so all its comparisons go through here.
extension String {
    /// Makes a string of these bytes; nil if they are not UTF-8.
    ///
    /// It decodes the bytes, which repairs invalid UTF-8, and compares the result with them. `String(validating:as:)`
    /// would take several times as long.
    public init?(validUTF8 bytes: UnsafeBufferPointer<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.withUTF8Bytes({ $0.compare(to: bytes) == 0 }) else { return nil }
        self = text
    }

    /// Whether both strings have the same UTF-8 bytes.
    public func hasSameUTF8(as other: String) -> Bool {
        // Equal short strings, and copies, are mostly the same to the last bit; then their bytes need not be compared.
        hasSameBits(as: other) || utf8.count == other.utf8.count && compareUTF8(to: other) == 0
    }

    /// Whether this comes before the other in the order of their UTF-8 bytes.
    public func precedesInUTF8(_ other: String) -> Bool {
        compareUTF8(to: other) < 0
    }

    /// Hashes the UTF-8 bytes, and then a byte that UTF-8 never has.
    public func hashUTF8(into hasher: inout Hasher) {
        withUTF8Bytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xff as UInt8)
    }

    /// Calls the body with the string's UTF-8 bytes, without copying where the string is native to Swift.
    @inlinable public func withUTF8Bytes<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        if let result = try utf8.withContiguousStorageIfAvailable(body) { return result }
        return try Array(utf8).withUnsafeBufferPointer(body)
    }

    /// The first Unicode scalars of the string, at most this many.
    public func prefix(scalars: Int) -> String {
        // A scalar has one byte at least.
        if utf8.count <= scalars { return self }
        return withUTF8Bytes { bytes in
            String(decoding: UnsafeBufferPointer(rebasing: bytes.prefix(scalars: scalars)), as: UTF8.self)
        }
    }

    /// Whether the string has U+0000 in it.
    public var hasNUL: Bool {
        withUTF8Bytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            return memchr(start, 0, bytes.count) != nil
        }
    }

    private func hasSameBits(as other: String) -> Bool {
        withUnsafeBytes(of: self) { mine in
            withUnsafeBytes(of: other) { its in
                guard let mine = mine.baseAddress, let its = its.baseAddress else { return false }
                return memcmp(mine, its, MemoryLayout<String>.size) == 0
            }
        }
    }

    private func compareUTF8(to other: String) -> Int {
        withUTF8Bytes { mine in other.withUTF8Bytes { its in mine.compare(to: its) } }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these are the bytes of a text.
    public func areUTF8(of text: StaticString) -> Bool {
        compare(to: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) == 0
    }

    /// The bytes of the first Unicode scalars of a UTF-8 text, at most this many; looks at no bytes after them.
    public func prefix(scalars: Int) -> Slice<Self> {
        var (end, left) = (0, scalars)
        // Most text is ASCII at its start: eight bytes at once, none with its highest bit set.
        while left >= 8, end + 8 <= count,
            UnsafeRawBufferPointer(self).loadUnaligned(fromByteOffset: end, as: UInt64.self)
                & 0x8080_8080_8080_8080 == 0
        {
            end += 8
            left -= 8
        }
        while end < count {
            // All bytes of a scalar but its first one begin with the bits 10.
            if self[end] & 0b1100_0000 != 0b1000_0000 {
                guard left > 0 else { break }
                left -= 1
            }
            end += 1
        }
        return self[..<end]
    }

    /// Below zero if these bytes come before the others, zero if they are the same, otherwise above.
    fileprivate func compare(to other: Self) -> Int {
        guard let mine = baseAddress, let its = other.baseAddress else { return count - other.count }
        let order = memcmp(mine, its, Swift.min(count, other.count))
        return order == 0 ? count - other.count : Int(order)
    }
}

extension Optional<String> {
    /// Whether both are nil, or strings of the same UTF-8 bytes.
    public func hasSameUTF8(as other: String?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let mine?, let its?): mine.hasSameUTF8(as: its)
        default: false
        }
    }
}

/// A text as the key of a dictionary or the element of a set, compared by its UTF-8 bytes.
public struct UTF8Text: Sendable, Hashable {
    /// The text, as it was given.
    public let text: String

    /// Makes a key of any text.
    public init(_ text: String) {
        self.text = text
    }

    /// Whether both have the same UTF-8 bytes.
    public static func == (left: UTF8Text, right: UTF8Text) -> Bool {
        left.text.hasSameUTF8(as: right.text)
    }

    /// Hashes the UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        text.hashUTF8(into: &hasher)
    }
}
