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
            case .array: .array((slice.elements.map(Array.init) ?? []).map(JSONOutput.init))
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
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": bytes.append(contentsOf: "\\\"".utf8)
            case "\\": bytes.append(contentsOf: "\\\\".utf8)
            case "\n": bytes.append(contentsOf: "\\n".utf8)
            case "\r": bytes.append(contentsOf: "\\r".utf8)
            case "\t": bytes.append(contentsOf: "\\t".utf8)
            case _ where scalar.isObeyed:
                let digits = String(scalar.value, radix: 16)
                bytes.append(contentsOf: "\\u".utf8)
                bytes.append(contentsOf: String(repeating: "0", count: 4 - digits.count).utf8)
                bytes.append(contentsOf: digits.utf8)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
