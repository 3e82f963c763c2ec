/// A JSON value: a stretch of text that was checked once and is read as it is needed.
///
/// Values within it are built only on demand, so a text costs no more than its own bytes, whatever is in it.
package struct JSONSlice: Sendable {
    /// The kinds of value, named as in an error's sentence.
    package enum Kind: String, Sendable {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case number = "a number"
        case boolean = "a Boolean"
        case null = "null"
    }

    private let bytes: ArraySlice<UInt8>

    /// Checks that a text is one JSON value, with or without white space around it.
    ///
    /// - Throws: ``JSONProblem``.
    /// - Parameter takingLoneSurrogates: Whether half of an escaped surrogate pair may stand alone, as RFC 8259 has it;
    ///   read as a string it is U+FFFD.
    package init(validating text: ArraySlice<UInt8>, takingLoneSurrogates: Bool = false) throws {
        bytes = try JSONValidator.validate(text, takingLoneSurrogates: takingLoneSurrogates)
    }

    /// The value as it is written, without white space around it.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Where the value stands in the text that was checked, by the indices of its bytes.
    package var range: Range<Int> { bytes.startIndex..<bytes.endIndex }

    fileprivate init(valid bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// What the value is.
    package var kind: Kind {
        switch bytes.first {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// Whether it is empty: null, or a string, array or object without contents.
    package var isEmpty: Bool {
        switch kind {
        case .null: true
        case .string: bytes.count == 2
        case .array, .object: bytes.dropFirst().dropLast().allSatisfy(\.isJSONWhiteSpace)
        case .number, .boolean: false
        }
    }

    /// The Boolean; nil for any other value.
    package var boolean: Bool? { kind == .boolean ? bytes.first == UInt8(ascii: "t") : nil }

    /// The number, if it is written as an integer (not `20.0`, not `1e2`) and has 64 bits.
    package var integer: Int64? {
        kind == .number ? Int64(String(decoding: bytes, as: UTF8.self)) : nil
    }

    /// The string, its escapes resolved; nil for any other value.
    package var string: String? {
        guard kind == .string else { return nil }
        let text = bytes.dropFirst().dropLast()
        guard text.firstIndex(ofByte: UInt8(ascii: "\\"), from: text.startIndex) != nil else {
            return String(decoding: text, as: UTF8.self)
        }
        return Self.unescaped(text)
    }

    /// The elements of an array; nil for any other value.
    package var elements: Elements? { kind == .array ? Elements(content: bytes.dropFirst().dropLast()) : nil }

    /// The keys and values of an object, in the order of the text, equal keys included; nil for any other value.
    package var members: Members? { kind == .object ? Members(content: bytes.dropFirst().dropLast()) : nil }

    /// The elements of an array; none for any other value.
    package var elementList: [JSONSlice] { elements.map(Array.init) ?? [] }

    /// The keys and values of an object; none for any other value.
    package var memberList: [(key: String, value: JSONSlice)] { members.map(Array.init) ?? [] }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = text.startIndex
        while position < text.endIndex {
            guard text[position] == UInt8(ascii: "\\") else {
                result.append(text[position])
                position += 1
                continue
            }
            let escape = text[position + 1]
            position += 2
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0c)
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): result.append(contentsOf: scalar(in: text, at: &position).utf8)
            default: result.append(escape)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The scalar of the four digits at the position, or of the surrogate pair that begins there.
    private static func scalar(in text: ArraySlice<UInt8>, at position: inout Int) -> String {
        func unit(at start: Int) -> UInt16 {
            text[start..<(start + 4)].reduce(0) { $0 << 4 | (UInt16(hexadecimalDigit: $1) ?? 0) }
        }
        var units = [unit(at: position)]
        position += 4
        let next = text[position...].prefix(2)
        if UTF16.isLeadSurrogate(units[0]), next.elementsEqual("\\u".utf8), text.endIndex - position >= 6 {
            let trail = unit(at: position + 2)
            if UTF16.isTrailSurrogate(trail) {
                units.append(trail)
                position += 6
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}

extension JSONSlice {
    /// The elements of an array, found one by one.
    package struct Elements: Sequence, IteratorProtocol, Sendable {
        private var walk: Walk

        fileprivate init(content: ArraySlice<UInt8>) {
            walk = Walk(content: content)
        }

        /// The next element.
        package mutating func next() -> JSONSlice? {
            walk.nextValue()
        }
    }

    /// The keys and values of an object, found one by one.
    package struct Members: Sequence, IteratorProtocol, Sendable {
        private var walk: Walk

        fileprivate init(content: ArraySlice<UInt8>) {
            walk = Walk(content: content)
        }

        /// The next key and value.
        package mutating func next() -> (key: String, value: JSONSlice)? {
            guard let key = walk.nextValue()?.string, let value = walk.nextValue() else { return nil }
            return (key, value)
        }
    }

    /// A walk over the values side by side in valid text; commas and colons only part them.
    private struct Walk: Sendable {
        private let content: ArraySlice<UInt8>
        private var position: Int

        init(content: ArraySlice<UInt8>) {
            self.content = content
            position = content.startIndex
        }

        mutating func nextValue() -> JSONSlice? {
            while position < content.endIndex, content[position].isJSONSeparator { position += 1 }
            guard position < content.endIndex else { return nil }
            let start = position
            skipValue()
            return JSONSlice(valid: content[start..<position])
        }

        private mutating func skipValue() {
            var depth = 0
            repeat {
                switch content[position] {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    position += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    position += 1
                case UInt8(ascii: "\""): skipString()
                case let byte where byte.isJSONSeparator: position += 1
                default: skipLiteral()
                }
            } while depth > 0 && position < content.endIndex
        }

        private mutating func skipString() {
            repeat {
                // The text is valid, so its end is there.
                let quote = content.firstIndex(ofByte: UInt8(ascii: "\""), from: position + 1)
                position = quote ?? content.endIndex
            } while position < content.endIndex && isEscaped(position)
            position += 1
        }

        /// Whether an odd number of backslashes stands before a quote within a string.
        private func isEscaped(_ quote: Int) -> Bool {
            var start = quote
            while content[start - 1] == UInt8(ascii: "\\") { start -= 1 }
            return (quote - start) % 2 == 1
        }

        private mutating func skipLiteral() {
            while position < content.endIndex, !content[position].isJSONSeparator, !content[position].isClosing {
                position += 1
            }
        }
    }
}

extension UInt8 {
    fileprivate var isJSONSeparator: Bool {
        isJSONWhiteSpace || self == UInt8(ascii: ",") || self == UInt8(ascii: ":")
    }

    fileprivate var isClosing: Bool { self == UInt8(ascii: "}") || self == UInt8(ascii: "]") }
}
