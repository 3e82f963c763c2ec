package import ChatStorageJSON
import ChatStorageSupport

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The exact text of one JSON value: kept byte for byte, with its spaces, its order and the form of its numbers.
///
/// It was checked against RFC 8259. Repeated names, numbers of any length and half of an escaped surrogate pair are
/// JSON, and stay. Equality compares bytes. Encoded, it is a string.
public struct JSONText: Sendable, CustomStringConvertible {
    /// The deepest nesting that is taken: 512 levels.
    public static let maximumDepth = JSONValidator.maximumDepth

    /// The text.
    public let text: String

    /// Checks a text.
    ///
    /// - Parameter text: One JSON value, with or without white space around it.
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument`, which says at which byte the text is wrong.
    public init(_ text: String) throws {
        do {
            _ = try JSONSlice(validating: Array(text.utf8)[...], takingLoneSurrogates: true)
        } catch let problem as JSONProblem {
            throw ChatStorageError(.invalidArgument, "the JSON text \(problem.reason)")
        }
        self.text = text
    }

    /// Takes a value's own text, which is valid.
    package init(_ slice: JSONSlice) {
        text = slice.text
    }

    /// Takes text that is valid: it was written by ``JSONWriter``, or checked before.
    package init(written text: String) {
        self.text = text
    }

    /// Writes a value as compact JSON.
    ///
    /// - Throws: What the value's own encoding throws.
    public init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        text = String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Reads a Swift value from the text, by Foundation's decoder.
    ///
    /// - Throws: `DecodingError`.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    /// The text.
    public var description: String { text }

    /// The value, for reading what is in it.
    package var slice: JSONSlice {
        get throws { try JSONSlice(validating: Array(text.utf8)[...], takingLoneSurrogates: true) }
    }
}

extension JSONText: Hashable {
    /// Whether both have the same bytes.
    public static func == (left: JSONText, right: JSONText) -> Bool { left.text.hasSameUTF8(as: right.text) }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { text.hashUTF8(into: &hasher) }
}

extension JSONText: Codable {
    /// Reads the text from a single string, and checks it.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode(String.self))
        } catch let error as ChatStorageError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
        }
    }

    /// Writes the text as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
