public import ChatStorageCore
import ChatStorageJSON

/// The members that an app adds to the body of a request: the model, the limits, the tools.
///
/// ```swift
/// try AnthropicMessages.body(
///     for: past, adding: ["model": "claude-opus-5", "max_tokens": 8_000, "tools": tools, "stream": true])
/// ```
///
/// They go out in this order, before the messages. A ``ChatStorageCore/JSONText`` goes out unchanged.
public struct RequestMembers: Sendable, ExpressibleByDictionaryLiteral {
    /// A name and its exact value.
    public typealias Member = (name: String, json: JSONText)

    /// The members, in order.
    public private(set) var members: [Member] = []

    /// Makes an empty list.
    public init() {}

    /// Makes members from a literal.
    public init(dictionaryLiteral elements: (String, any RequestValue)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// Adds a member at the end.
    public mutating func add(_ name: String, _ value: any RequestValue) {
        members.append((name, value.requestJSON))
    }

    /// Refuses repeated names, and names that the codec writes.
    ///
    /// - Throws: ``ProviderFormError``.
    func checked(reserving reserved: [String]) throws -> [Member] {
        var names = Set(reserved)
        for member in members where !names.insert(member.name).inserted {
            let reason =
                reserved.contains(member.name) ? "is written from the messages" : "is added twice"
            throw ProviderFormError(member: member.name, reason: reason)
        }
        return members
    }
}

/// A value that an app can add to a request.
public protocol RequestValue: Sendable {
    /// The value as JSON.
    var requestJSON: JSONText { get }
}

extension JSONText: RequestValue {
    /// The text itself.
    public var requestJSON: JSONText { self }
}

extension JSONValue: RequestValue {
    /// The value as compact JSON.
    public var requestJSON: JSONText { JSONText(written: text) }
}

extension JSONObject: RequestValue {
    /// The object as compact JSON.
    public var requestJSON: JSONText { JSONValue.object(self).requestJSON }
}

extension String: RequestValue {
    /// The string as JSON.
    public var requestJSON: JSONText { json.requestJSON }
}

extension Int: RequestValue {
    /// The integer as JSON.
    public var requestJSON: JSONText { json.requestJSON }
}

extension Double: RequestValue {
    /// The number as JSON; a number that is not finite becomes `null`, since JSON has no other way to write it.
    public var requestJSON: JSONText { isFinite ? json.requestJSON : JSONValue.null.requestJSON }
}

extension Bool: RequestValue {
    /// The Boolean as JSON.
    public var requestJSON: JSONText { json.requestJSON }
}

extension Array: RequestValue where Element: RequestValue {
    /// The elements as a JSON array.
    public var requestJSON: JSONText {
        var writer = JSONWriter()
        writer.array { for element in self { $0.literal(element.requestJSON.text) } }
        return JSONText(written: writer.text)
    }
}

extension Dictionary: RequestValue where Key == String, Value: RequestValue {
    /// The members as a JSON object, in the order of their names' UTF-8 bytes.
    public var requestJSON: JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                writer.member(name, literal: value.requestJSON.text)
            }
        }
        return JSONText(written: writer.text)
    }
}
