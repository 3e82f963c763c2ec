import ChatStorageSupport

/// A word that an app puts on conversations: "pinned", "archived", "folder:work".
///
/// 1 to 100 Unicode scalars without U+0000; the call that takes it checks that. Two labels are equal when their UTF-8
/// bytes are.
public struct Label: Sendable, RawRepresentable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The label's text, as it was given.
    public let rawValue: String

    /// Makes a label of any text.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Makes a label of any text.
    public init(_ text: String) {
        rawValue = text
    }

    /// Makes a label of a string literal.
    public init(stringLiteral text: String) {
        rawValue = text
    }

    /// The label's text.
    public var description: String { rawValue }
}

extension Label: Hashable, Comparable {
    /// Whether both have the same UTF-8 bytes.
    public static func == (left: Label, right: Label) -> Bool { left.rawValue.hasSameUTF8(as: right.rawValue) }

    /// Whether the first comes before the second in the order of their UTF-8 bytes.
    public static func < (left: Label, right: Label) -> Bool { left.rawValue.precedesInUTF8(right.rawValue) }

    /// Hashes the UTF-8 bytes.
    public func hash(into hasher: inout Hasher) { rawValue.hashUTF8(into: &hasher) }
}

extension Label: Codable {
    /// Reads the label from a single string.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes the label as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
