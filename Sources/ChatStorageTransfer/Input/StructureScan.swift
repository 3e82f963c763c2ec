import ChatStorageJSON

/// Follows the structure of one JSON value while its bytes come in, to find where it ends or breaks.
///
/// It does not check literals and escapes, and accepts control characters in strings, so it still finds the end of a
/// value that is wrong only there. A stray or missing quote or bracket shows within a few bytes.
struct StructureScan: Sendable {
    enum Outcome {
        /// The bytes so far can be the beginning of a value.
        case incomplete
        /// The value ends after ``StructureScan/position`` bytes.
        case ended
        /// No value that begins like this can have the byte at ``StructureScan/position``.
        case broken
    }

    private enum Expected {
        case value, valueOrEnd, key, keyOrEnd, colon, separator
        case string, escape, literal
    }

    /// How many bytes of the value have been followed.
    private(set) var position = 0
    /// Whether the value has ended; further calls of ``follow(_:)`` change nothing.
    private(set) var hasEnded = false
    private var expected = Expected.value
    private var isKey = false
    /// The brackets that are open.
    private var open: [UInt8] = []

    /// Goes on; the bytes begin with the value's first.
    mutating func follow(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard !hasEnded else { return .ended }
        while position < bytes.count {
            let byte = bytes[position]
            switch expected {
            case .string:
                position = bytes.endOfPlainText(from: position)
                guard position < bytes.count else { return .incomplete }
                if bytes[position] == UInt8(ascii: "\\") { expected = .escape }
                if bytes[position] == UInt8(ascii: "\"") { expected = isKey ? .colon : .separator }
                position += 1
            case .escape:
                expected = .string
                position += 1
            case .literal:
                if byte.endsLiteral { expected = .separator } else { position += 1 }
            default:
                if !byte.isJSONWhiteSpace, !take(byte) { return .broken }
                position += 1
            }
            if case .separator = expected, open.isEmpty {
                hasEnded = true
                return .ended
            }
        }
        return .incomplete
    }

    /// Goes on with bytes that follow those of the last call, which are no longer needed.
    mutating func followOn(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        position = 0
        return follow(bytes)
    }

    /// Takes a byte outside strings and literals; false if it cannot be there.
    private mutating func take(_ byte: UInt8) -> Bool {
        switch (expected, byte) {
        case (.valueOrEnd, UInt8(ascii: "]")), (.separator, UInt8(ascii: "]")): return close(UInt8(ascii: "["))
        case (.keyOrEnd, UInt8(ascii: "}")), (.separator, UInt8(ascii: "}")): return close(UInt8(ascii: "{"))
        case (.separator, UInt8(ascii: ",")): expected = open.last == UInt8(ascii: "{") ? .key : .value
        case (.colon, UInt8(ascii: ":")): expected = .value
        case (.key, UInt8(ascii: "\"")), (.keyOrEnd, UInt8(ascii: "\"")): (expected, isKey) = (.string, true)
        case (.value, UInt8(ascii: "\"")), (.valueOrEnd, UInt8(ascii: "\"")): (expected, isKey) = (.string, false)
        case (.value, UInt8(ascii: "{")), (.valueOrEnd, UInt8(ascii: "{")): return open(byte, .keyOrEnd)
        case (.value, UInt8(ascii: "[")), (.valueOrEnd, UInt8(ascii: "[")): return open(byte, .valueOrEnd)
        case (.value, _), (.valueOrEnd, _):
            // Within an array or object any word counts as a value, even a wrong one; outside, it breaks the structure.
            guard open.isEmpty ? byte.beginsLiteral : !byte.endsLiteral else { return false }
            expected = .literal
        default: return false
        }
        return true
    }

    private mutating func open(_ bracket: UInt8, _ next: Expected) -> Bool {
        guard open.count < JSONValidator.maximumDepth else { return false }
        open.append(bracket)
        expected = next
        return true
    }

    private mutating func close(_ bracket: UInt8) -> Bool {
        guard open.last == bracket else { return false }
        open.removeLast()
        expected = .separator
        return true
    }
}

extension UInt8 {
    fileprivate var beginsLiteral: Bool { Array("-0123456789tfn".utf8).contains(self) }

    fileprivate var endsLiteral: Bool {
        switch self {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: isJSONWhiteSpace
        }
    }
}
