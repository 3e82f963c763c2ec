/// Writes compact JSON, byte by byte, into one buffer.
///
/// It escapes only what RFC 8259 demands, in one way, so that equal values are equal texts.
package struct JSONWriter {
    /// What was written, as UTF-8.
    package private(set) var bytes: [UInt8] = []
    /// Whether a comma comes before the next element or member.
    private var needsComma = false

    /// Starts with nothing.
    ///
    /// - Parameter capacity: About how many bytes will be written.
    package init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// What was written, as a string.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// An object as a text, whose members the body writes.
    package static func object(_ body: (inout JSONWriter) throws -> Void) rethrows -> String {
        var writer = JSONWriter()
        try writer.object(body)
        return writer.text
    }

    /// Writes an object, whose members the body writes.
    package mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try container(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// Writes an array, whose elements the body writes.
    package mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try container(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    /// Writes the name of a member; its value comes next.
    package mutating func name(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a member whose value is a string; nothing for nil.
    package mutating func member(_ name: String, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    /// Writes a member whose value is an integer; nothing for nil.
    package mutating func member(_ name: String, _ value: Int64?) {
        guard let value else { return }
        self.name(name)
        literal(String(value))
    }

    /// Writes a member whose value is a Boolean; nothing for nil.
    package mutating func member(_ name: String, _ value: Bool?) {
        guard let value else { return }
        self.name(name)
        literal(value ? "true" : "false")
    }

    /// Writes a member whose value is JSON already; nothing for nil.
    package mutating func member(_ name: String, literal json: String?) {
        guard let json else { return }
        self.name(name)
        literal(json)
    }

    /// Writes what is JSON already: a number, a literal, a whole value.
    package mutating func literal(_ json: String) {
        separate()
        bytes.append(contentsOf: json.utf8)
    }

    /// Writes a string.
    package mutating func string(_ string: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { utf8 in
            var start = 0
            for position in utf8.indices where utf8[position].isEscapedInJSON {
                bytes.append(contentsOf: utf8[start..<position])
                appendEscape(of: utf8[position])
                start = position + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: byte < 0x10 ? "u000".utf8 : "u00".utf8)
            bytes.append(contentsOf: String(byte, radix: 16).utf8)
        }
    }

    private mutating func container(
        _ opening: UInt8, _ closing: UInt8, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        separate()
        bytes.append(opening)
        needsComma = false
        try body(&self)
        bytes.append(closing)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}

extension UInt8 {
    fileprivate var isEscapedInJSON: Bool { self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\") }
}
