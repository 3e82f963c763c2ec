/// Why a text is not JSON; it never quotes the text.
package struct JSONProblem: Error, Sendable, Equatable {
    /// What is wrong, up to and including "at byte".
    private let start: String
    /// The number of the byte, counted from 1.
    private let byte: Int
    /// Whether more text could make it JSON.
    package let isCutOff: Bool

    init(_ start: String, byte: Int, isCutOff: Bool = false) {
        self.start = start
        self.byte = byte
        self.isCutOff = isCutOff
    }

    /// What is wrong and at which byte of the text, to be put after the name of the text.
    package var reason: String { "\(start) \(byte)" }

    /// What is wrong and at which byte of the file, in which `offset` bytes stand before the text.
    package func reason(inFileAfter offset: Int64) -> String { "\(start) \(offset + Int64(byte)) of the file" }
}

/// The check that a text is one JSON value by RFC 8259, to the letter.
///
/// Foundation's decoder takes `1e2` and `20.0` for integers, accepts a comma before a closing bracket, guesses UTF-16,
/// and keeps one of two equal keys without a word. Scripts and archives need to hear of such things, so JSON is read
/// here.
package struct JSONValidator {
    /// Deeper nesting is refused; Foundation's decoder has the same bound.
    package static let maximumDepth = 512

    /// Read only where ``current`` says that there is a byte.
    private let bytes: UnsafeRawBufferPointer
    /// Whether half of an escaped surrogate pair may stand alone, as RFC 8259 has it.
    private let takesLoneSurrogates: Bool
    private var position = 0

    private init(_ bytes: UnsafeRawBufferPointer, takingLoneSurrogates: Bool) {
        self.bytes = bytes
        takesLoneSurrogates = takingLoneSurrogates
    }

    /// Checks the text, and gives back the value without the white space around it.
    static func validate(
        _ text: ArraySlice<UInt8>, takingLoneSurrogates: Bool = false
    ) throws -> ArraySlice<UInt8> {
        let value = try text.withUnsafeBytes { bytes in
            var validator = JSONValidator(bytes, takingLoneSurrogates: takingLoneSurrogates)
            validator.skipWhiteSpace()
            let start = validator.position
            try validator.validateValue()
            let end = validator.position
            validator.skipWhiteSpace()
            guard validator.current == nil else { throw validator.problem("has text after the JSON value") }
            return start..<end
        }
        return text[(text.startIndex + value.lowerBound)..<(text.startIndex + value.upperBound)]
    }

    /// Checks one value; the open arrays and objects are kept in a list, since outside data decides how deep it is.
    private mutating func validateValue() throws {
        var open: [UInt8] = []
        while true {
            skipWhiteSpace()
            if let opening = try validateScalarOrOpening() {
                guard open.count < Self.maximumDepth else {
                    throw problem("is nested deeper than \(Self.maximumDepth) levels")
                }
                skipWhiteSpace()
                if current != Self.closing(opening) {
                    open.append(opening)
                    if opening == UInt8(ascii: "{") { try validateKey() }
                    continue
                }
                position += 1
            }
            // A value ended here: close what ends with it, or go on after a comma.
            while let container = open.last {
                skipWhiteSpace()
                if current == UInt8(ascii: ",") {
                    position += 1
                    if container == UInt8(ascii: "{") { try validateKey() }
                    break
                }
                guard current == Self.closing(container) else { throw unexpected() }
                position += 1
                open.removeLast()
            }
            if open.isEmpty { return }
        }
    }

    /// Checks a value without elements, or steps into an array or object and returns its bracket.
    private mutating func validateScalarOrOpening() throws -> UInt8? {
        switch current {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            position += 1
            return bytes[position - 1]
        case UInt8(ascii: "\""): try validateString()
        case UInt8(ascii: "t"): try validate(literal: "true")
        case UInt8(ascii: "f"): try validate(literal: "false")
        case UInt8(ascii: "n"): try validate(literal: "null")
        default: try validateNumber()
        }
        return nil
    }

    private mutating func validateKey() throws {
        skipWhiteSpace()
        try validateString()
        skipWhiteSpace()
        guard current == UInt8(ascii: ":") else { throw unexpected() }
        position += 1
    }

    private mutating func validate(literal: StaticString) throws {
        let expected = UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        guard bytes.dropFirst(position).starts(with: expected) else { throw unexpected() }
        position += expected.count
    }

    private mutating func validateNumber() throws {
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try validateDigits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try validateDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try validateDigits()
        }
    }

    private mutating func validateDigits() throws {
        let start = position
        while let digit = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) { position += 1 }
        guard position > start else { throw unexpected() }
    }

    private mutating func validateString() throws {
        guard current == UInt8(ascii: "\"") else { throw unexpected() }
        position += 1
        let start = position
        var isASCII = true
        while true {
            position = bytes.endOfPlainText(from: position)
            guard let byte = current else { throw problem("ends within a string", isCutOff: true) }
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                try validateEscape()
            } else {
                guard byte >= 0x80 else { throw problem("has a raw control character in a string") }
                isASCII = false
                position += 1
            }
        }
        if !isASCII, String(validating: bytes[start..<position], as: UTF8.self) == nil {
            throw JSONProblem("is not valid UTF-8, in the string at byte", byte: start)
        }
        position += 1
    }

    private mutating func validateEscape() throws {
        position += 1
        switch current {
        case UInt8(ascii: "u"):
            let unit = try validateHexadecimalUnit()
            if takesLoneSurrogates { return }
            if UTF16.isTrailSurrogate(unit) { throw problem("has a lone surrogate in a string") }
            guard UTF16.isLeadSurrogate(unit) else { return }
            guard current == UInt8(ascii: "\\") else { throw problem("has a lone surrogate in a string") }
            position += 1
            guard current == UInt8(ascii: "u"), UTF16.isTrailSurrogate(try validateHexadecimalUnit()) else {
                throw problem("has a lone surrogate in a string")
            }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        default: throw unexpected()
        }
    }

    /// Checks `uXXXX`, standing at the `u`.
    private mutating func validateHexadecimalUnit() throws -> UInt16 {
        position += 1
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = current.flatMap(UInt16.init(hexadecimalDigit:)) else { throw unexpected() }
            unit = unit << 4 | digit
            position += 1
        }
        return unit
    }

    private mutating func skipWhiteSpace() {
        while let byte = current, byte.isJSONWhiteSpace { position += 1 }
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private static func closing(_ opening: UInt8) -> UInt8 {
        opening == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")
    }

    private func unexpected() -> JSONProblem {
        current == nil ? problem("ends too early", isCutOff: true) : problem("is not valid JSON")
    }

    private func problem(_ reason: String, isCutOff: Bool = false) -> JSONProblem {
        JSONProblem("\(reason), at byte", byte: position + 1, isCutOff: isCutOff)
    }
}

extension UInt8 {
    /// Whether it is white space between JSON values.
    @inlinable package var isJSONWhiteSpace: Bool { self == 0x20 || self == 0x0a || self == 0x0d || self == 0x09 }
}

extension UInt16 {
    init?(hexadecimalDigit byte: UInt8) {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self = UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self = UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self = UInt16(byte - UInt8(ascii: "A") + 10)
        default: return nil
        }
    }
}
