package import ChatStorageJSON
import ChatStorageSupport

extension JSONValue {
    /// The deepest nesting that is read or written: 64 levels.
    public static let maximumDepth = 64

    /// Reads a value from a text.
    ///
    /// - Parameter text: One JSON value.
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument`, also for what a ``JSONText`` can hold and a
    ///   value cannot: a repeated name, an integer beyond 64 bits, a number too large for a double, U+0000, half of a
    ///   surrogate pair, nesting deeper than 64 levels.
    public init(parsing text: String) throws {
        do {
            try self.init(JSONSlice(validating: Array(text.utf8)[...]))
        } catch let problem as JSONProblem {
            throw ChatStorageError(.invalidArgument, "the JSON text \(problem.reason)")
        }
    }

    /// Reads a value.
    ///
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument`.
    package init(_ slice: JSONSlice, depth: Int = 1) throws {
        guard depth <= Self.maximumDepth else {
            throw Self.invalid("is nested deeper than \(Self.maximumDepth) levels")
        }
        switch slice.kind {
        case .null: self = .null
        case .boolean: self = .boolean(slice.boolean ?? false)
        case .number: self = try Self.number(slice)
        case .string: self = .string(try Self.checked(slice.string ?? ""))
        case .array:
            self = .array(try slice.elementList.map { try JSONValue($0, depth: depth + 1) })
        case .object: self = .object(try JSONObject(slice, depth: depth))
        }
    }

    private static func number(_ slice: JSONSlice) throws -> JSONValue {
        if let integer = slice.integer { return .integer(integer) }
        let text = slice.text
        guard text.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }) else {
            throw invalid("has an integer beyond 64 bits")
        }
        guard let number = Double(text), number.isFinite else { throw invalid("has a number that is too large") }
        return .number(number)
    }

    fileprivate static func checked(_ string: String) throws -> String {
        guard !string.hasNUL else { throw invalid("has U+0000 in a string, which no database keeps") }
        return string
    }

    fileprivate static func invalid(_ reason: String) -> ChatStorageError {
        ChatStorageError(.invalidArgument, "the JSON \(reason)")
    }

    /// The value as compact JSON.
    ///
    /// Equal values have equal texts, except that `1` and `1.0` keep their forms, and so do `0.0` and `-0.0`.
    public var text: String {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }

    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.literal("null")
        case .boolean(let boolean): writer.literal(boolean ? "true" : "false")
        case .integer(let integer): writer.literal(String(integer))
        // Swift writes the shortest text that reads as the same number.
        case .number(let number): writer.literal(number.description)
        case .string(let string): writer.string(string)
        case .array(let elements): writer.array { for element in elements { element.write(to: &$0) } }
        case .object(let object): object.write(to: &writer)
        }
    }

    /// How many arrays and objects are nested, the value itself counted.
    var depth: Int {
        switch self {
        case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        case .object(let object): object.depth
        default: 1
        }
    }

    /// Whether every number is finite, no string has U+0000, and no object has two names that are canonically equal:
    /// what JSON, databases and Swift's dictionaries keep.
    var canBeStored: Bool {
        switch self {
        case .null, .boolean, .integer: true
        case .number(let number): number.isFinite
        case .string(let string): !string.hasNUL
        case .array(let elements): elements.allSatisfy(\.canBeStored)
        case .object(let object):
            object.members.allSatisfy { !$0.name.hasNUL && $0.value.canBeStored }
                && (object.hasASCIINames || Set(object.members.map(\.name)).count == object.members.count)
        }
    }
}

extension JSONObject {
    /// Reads an object.
    ///
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument`.
    package init(_ slice: JSONSlice, depth: Int = 1) throws {
        guard let members = slice.members else { throw JSONValue.invalid("is \(slice.kind.rawValue), not an object") }
        for (name, value) in members {
            let name = try JSONValue.checked(name)
            guard self[name] == nil else { throw JSONValue.invalid("has a name twice in an object") }
            self[name] = try JSONValue(value, depth: depth + 1)
        }
    }

    package func write(to writer: inout JSONWriter) {
        writer.object { writer in
            for (name, value) in members {
                writer.name(name)
                value.write(to: &writer)
            }
        }
    }

    var depth: Int { 1 + (members.map(\.value.depth).max() ?? 0) }
}

extension JSONValue: Codable {
    /// Reads a value from any coder that has JSON's kinds of value.
    public init(from decoder: any Decoder) throws {
        if (try? decoder.container(keyedBy: MemberName.self)) != nil {
            var object = JSONObject()
            // A coder's key strategy renames the keys of types, but not those of a dictionary.
            let members = try decoder.singleValueContainer().decode([String: JSONValue].self)
            for (name, value) in members { object[name] = value }
            self = .object(object)
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [JSONValue] = []
            while !container.isAtEnd { elements.append(try container.decode(JSONValue.self)) }
            self = .array(elements)
        } else {
            self = try JSONValue(scalar: decoder.singleValueContainer())
        }
    }

    private init(scalar container: any SingleValueDecodingContainer) throws {
        if container.decodeNil() {
            self = .null
        } else if let boolean = try? container.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let integer = try? container.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    /// Writes the value.
    ///
    /// - Throws: `EncodingError` for an object with two names that are canonically equal: a coder would lose one.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object):
            let members = Dictionary(object.members.map { ($0.name, $0.value) }) { first, _ in first }
            guard members.count == object.members.count else {
                throw EncodingError.invalidValue(
                    self,
                    .init(codingPath: encoder.codingPath, debugDescription: "two names are canonically equal"))
            }
            var container = encoder.singleValueContainer()
            try container.encode(members)
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        case .null, .boolean, .integer, .number, .string:
            var container = encoder.singleValueContainer()
            try encodeScalar(to: &container)
        }
    }

    private func encodeScalar(to container: inout any SingleValueEncodingContainer) throws {
        switch self {
        case .boolean(let boolean): try container.encode(boolean)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .string(let string): try container.encode(string)
        case .null, .array, .object: try container.encodeNil()
        }
    }
}
