import ChatStorageSupport

/// A JSON value to be written, with the keys of objects in the order given.
package enum JSONOutput: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// A number, as JSON writes it.
    case number(String)
    case string(String)
    case array([JSONOutput])
    case object([(key: String, value: JSONOutput)])

    /// The string, or null for nil.
    package static func string(orNull text: String?) -> JSONOutput {
        text.map(JSONOutput.string) ?? .null
    }

    /// The value that was read.
    package init(_ slice: JSONSlice) {
        self =
            switch slice.kind {
            case .null: .null
            case .boolean: .boolean(slice.boolean ?? false)
            case .number: .number(slice.text)
            case .string: .string(slice.string ?? "")
            case .array: .array(slice.elementList.map(JSONOutput.init))
            case .object: .object(slice.memberList.map { ($0.key, JSONOutput($0.value)) })
            }
    }

    /// The value on one line, as UTF-8, without a newline at its end.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let boolean): bytes.append(contentsOf: (boolean ? "true" : "false").utf8)
        case .integer(let integer): bytes.append(contentsOf: String(integer).utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let string): Self.append(string, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(contentsOf: ", ".utf8) }
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(contentsOf: ", ".utf8) }
                Self.append(member.key, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                member.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Writes a string; besides what JSON demands, it escapes the characters that terminals obey or at which some
    /// programs split lines.
    private static func append(_ string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { text in
            // Most text goes through as it is, run by run.
            var (start, index) = (0, 0)
            while index < text.count {
                if Self.isPlain(text[index]) {
                    index += 1
                    continue
                }
                let (length, escape) = escape(at: index, in: text)
                if let escape {
                    bytes.append(contentsOf: text[start..<index])
                    bytes.append(contentsOf: escape.utf8)
                    start = index + length
                }
                index += length
            }
            bytes.append(contentsOf: text[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether a byte is a scalar that stands for itself.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// How many bytes a scalar that is not plain has, and what stands for it in JSON; nil if it stands for itself.
    private static func escape(
        at index: Int, in text: UnsafeBufferPointer<UInt8>
    ) -> (length: Int, escape: String?) {
        switch text[index] {
        case UInt8(ascii: "\""): return (1, "\\\"")
        case UInt8(ascii: "\\"): return (1, "\\\\")
        case UInt8(ascii: "\n"): return (1, "\\n")
        case UInt8(ascii: "\r"): return (1, "\\r")
        case UInt8(ascii: "\t"): return (1, "\\t")
        case let byte where byte < 0x80: return (1, escape(of: UInt32(byte)))
        case let byte:
            // A string's bytes are valid UTF-8.
            let length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
            // No scalar of four bytes controls a terminal or splits lines.
            guard length < 4 else { return (length, nil) }
            let lead = UInt32(byte) & (length == 2 ? 0x1f : 0x0f)
            let value = text[(index + 1)..<(index + length)].reduce(lead) { $0 << 6 | UInt32($1) & 0x3f }
            return (length, Unicode.Scalar(value)?.isObeyed == true ? escape(of: value) : nil)
        }
    }

    private static func escape(of value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
