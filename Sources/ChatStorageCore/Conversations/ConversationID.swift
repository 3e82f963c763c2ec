import ChatStorageSupport

/// The name of a conversation, chosen by the app.
///
/// Two ids are equal when their UTF-8 bytes are equal: "é" as one scalar and "e" followed by a combining accent are
/// two conversations, although Swift's `String ==` calls them the same. `<` orders by UTF-8 bytes, as every backend
/// does. A string literal is an id, even one with values in it: `"chat-\(number)"`.
///
/// An id of 1 to 100 Unicode scalars without U+0000 can be stored; the call that takes the id checks that.
public struct ConversationID: Sendable, RawRepresentable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The id's text, as it was given.
    public let rawValue: String

    /// Makes an id of any text.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Makes an id of any text.
    public init(_ text: String) {
        self.rawValue = text
    }

    /// Makes an id of a string literal.
    public init(stringLiteral text: String) {
        self.rawValue = text
    }

    /// The id's text.
    public var description: String { rawValue }
}

extension ConversationID: Hashable, Comparable {
    /// Whether both have the same UTF-8 bytes.
    public static func == (left: ConversationID, right: ConversationID) -> Bool {
        left.rawValue.hasSameUTF8(as: right.rawValue)
    }

    /// Whether the first comes before the second in the order of their UTF-8 bytes.
    public static func < (left: ConversationID, right: ConversationID) -> Bool {
        left.rawValue.precedesInUTF8(right.rawValue)
    }

    /// Hashes the UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        // Most tables hash an id alone, which then needs no byte that marks its end.
        rawValue.withUTF8Bytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension ConversationID: Codable {
    /// Reads the id from a single string.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes the id as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
