import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What an app keeps beside a message or a conversation: a JSON object of at most 64 KiB as compact UTF-8.
///
/// ```swift
/// var metadata: Metadata = ["rating": 1]
/// metadata[.model] = "claude-opus-5"
/// ```
///
/// Integers of 64 bits and finite doubles are kept; numbers are compared by value. Two names of one object must not be
/// canonically equal.
public struct Metadata: Sendable, Hashable {
    /// The members.
    public var object: JSONObject

    /// Makes metadata of an object; by default of an empty one.
    public init(_ object: JSONObject = JSONObject()) {
        self.object = object
    }

    /// Reads metadata from the text of a JSON object.
    ///
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument`, see ``JSONValue/init(parsing:)``.
    public init(parsing text: String) throws {
        guard case .object(let object) = try JSONValue(parsing: text) else {
            throw ChatStorageError(.invalidArgument, "the metadata is not a JSON object")
        }
        self.object = object
    }

    /// Makes metadata of a Swift value that encodes as a JSON object.
    ///
    /// - Throws: What the value's encoding throws; ``ChatStorageError`` with the code `invalidArgument` if it is no
    ///   object.
    public init(encoding value: some Encodable) throws {
        try self.init(parsing: JSONText(encoding: value).text)
    }

    /// Whether there is no member.
    public var isEmpty: Bool { object.isEmpty }

    /// A member's value; nil for none.
    ///
    /// Setting nil removes the member.
    public subscript(name: String) -> JSONValue? {
        get { object[name] }
        set { object[name] = newValue }
    }

    /// The value under a key; nil if there is none, or one of another kind.
    ///
    /// Setting nil removes the member.
    public subscript<Value>(key: MetadataKey<Value>) -> Value? {
        get { object[key.name].flatMap(Value.init(json:)) }
        set { object[key.name] = newValue?.json }
    }

    /// Reads a Swift value from the whole object, by Foundation's decoder.
    ///
    /// - Throws: `DecodingError`.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    /// The object as compact JSON, its names in the order of their UTF-8 bytes.
    public var text: String { JSONValue.object(object).text }
}

extension Metadata: ExpressibleByDictionaryLiteral {
    /// Makes metadata of a literal; the last value of a repeated name stays.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        object = JSONObject()
        for (name, value) in elements { object[name] = value }
    }
}

extension Metadata: Codable {
    /// Reads an object.
    public init(from decoder: any Decoder) throws {
        guard case .object(let object) = try JSONValue(from: decoder) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "the metadata is not an object"))
        }
        self.object = object
    }

    /// Writes an object.
    public func encode(to encoder: any Encoder) throws {
        try JSONValue.object(object).encode(to: encoder)
    }
}

/// The name of a member of ``Metadata`` and the kind of its value.
///
/// ```swift
/// extension MetadataKey<Int> {
///     static let rating = MetadataKey("rating")
/// }
/// ```
public struct MetadataKey<Value: JSONConvertible>: Sendable, Hashable {
    /// The member's name.
    public let name: String

    /// Makes a key.
    public init(_ name: String) {
        self.name = name
    }
}

extension MetadataKey<String> {
    /// The model that wrote a message.
    public static var model: MetadataKey { MetadataKey("model") }
    /// The id of the provider's response that a message comes from.
    public static var responseID: MetadataKey { MetadataKey("response_id") }
    /// Why the model stopped, in the provider's words.
    public static var stopReason: MetadataKey { MetadataKey("stop_reason") }
}

extension MetadataKey<JSONValue> {
    /// How many tokens an answer took, as the provider reports it.
    public static var usage: MetadataKey { MetadataKey("usage") }
}

/// A Swift value that is one JSON value.
public protocol JSONConvertible: Sendable {
    /// Takes the value from JSON; nil if it is of another kind.
    init?(json: JSONValue)
    /// The value as JSON.
    var json: JSONValue { get }
}

extension JSONValue: JSONConvertible {
    /// Takes the value as it is.
    public init?(json: JSONValue) { self = json }
    /// The value itself.
    public var json: JSONValue { self }
}

extension String: JSONConvertible {
    /// Takes a string.
    public init?(json: JSONValue) {
        guard case .string(let string) = json else { return nil }
        self = string
    }
    /// The string as JSON.
    public var json: JSONValue { .string(self) }
}

extension Bool: JSONConvertible {
    /// Takes a Boolean.
    public init?(json: JSONValue) {
        guard case .boolean(let boolean) = json else { return nil }
        self = boolean
    }
    /// The Boolean as JSON.
    public var json: JSONValue { .boolean(self) }
}

extension Int: JSONConvertible {
    /// Takes a number that is an integer.
    public init?(json: JSONValue) {
        switch json {
        case .integer(let integer): self.init(exactly: integer)
        case .number(let number): self.init(exactly: number)
        default: return nil
        }
    }
    /// The integer as JSON.
    public var json: JSONValue { .integer(Int64(self)) }
}

extension Double: JSONConvertible {
    /// Takes a number.
    public init?(json: JSONValue) {
        switch json {
        case .integer(let integer): self.init(integer)
        case .number(let number): self = number
        default: return nil
        }
    }
    /// The number as JSON.
    public var json: JSONValue { .number(self) }
}

extension Array: JSONConvertible where Element: JSONConvertible {
    /// Takes an array whose elements are all of the kind.
    public init?(json: JSONValue) {
        guard case .array(let elements) = json else { return nil }
        let values = elements.compactMap(Element.init(json:))
        guard values.count == elements.count else { return nil }
        self = values
    }
    /// The array as JSON.
    public var json: JSONValue { .array(map(\.json)) }
}
