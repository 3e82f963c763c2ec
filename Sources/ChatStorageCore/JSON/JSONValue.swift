import ChatStorageJSON
import ChatStorageSupport

/// A JSON value, compared by value: `1` equals `1.0`, and the order of an object's members does not count.
///
/// ``JSONText`` keeps the text of a value; this keeps what it says.
public enum JSONValue: Sendable {
    /// The value `null`.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// An integer of 64 bits.
    case integer(Int64)
    /// A finite number that is not written as an integer.
    case number(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(JSONObject)
}

/// The members of a JSON object, in the order of their names' UTF-8 bytes.
///
/// Names are compared by their UTF-8 bytes.
public struct JSONObject: Sendable {
    /// A name and its value.
    public typealias Member = (name: String, value: JSONValue)

    /// The members, by the UTF-8 bytes of their names.
    public private(set) var members: [Member] = []

    /// Makes an object without members.
    public init() {}

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// A member's value; nil for none.
    ///
    /// Setting nil removes the member.
    public subscript(name: String) -> JSONValue? {
        get {
            let (place, isThere) = place(of: name)
            return isThere ? members[place].value : nil
        }
        set {
            let (place, isThere) = place(of: name)
            switch (newValue, isThere) {
            case (let value?, true): members[place].value = value
            case (let value?, false): members.insert((name, value), at: place)
            case (nil, true): members.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// Whether all names are ASCII; no two of these are canonically equal.
    var hasASCIINames: Bool { members.allSatisfy { $0.name.utf8.allSatisfy { $0 < 0x80 } } }

    /// Removes the members whose names are canonically equal to one.
    mutating func removeForms(of name: String) {
        members.removeAll { $0.name == name }
    }

    /// Where a member stands, or would stand.
    private func place(of name: String) -> (Int, isThere: Bool) {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if members[middle].name.precedesInUTF8(name) { low = middle + 1 } else { high = middle }
        }
        return (low, low < members.count && members[low].name.hasSameUTF8(as: name))
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Makes an object of a literal; the last value of a repeated name stays.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements { self[name] = value }
    }
}

extension JSONObject: Hashable {
    /// Whether both have members of the same names and values.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count
            && zip(left.members, right.members).allSatisfy { $0.name.hasSameUTF8(as: $1.name) && $0.value == $1.value }
    }

    /// Hashes the members.
    public func hash(into hasher: inout Hasher) {
        for member in members {
            member.name.hashUTF8(into: &hasher)
            hasher.combine(member.value)
        }
    }
}

extension JSONValue: Hashable {
    /// Whether both have the same value: `1` equals `1.0`, and strings are equal if their UTF-8 bytes are.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.integer(let integer), .number(let number)), (.number(let number), .integer(let integer)):
            Int64(exactly: number) == integer
        case (.string(let left), .string(let right)): left.hasSameUTF8(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    /// Hashes the value.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .boolean(let boolean): hasher.combine(boolean)
        case .integer(let integer): hasher.combine(integer)
        case .number(let number):
            if let integer = Int64(exactly: number) { hasher.combine(integer) } else { hasher.combine(number) }
        case .string(let string): string.hashUTF8(into: &hasher)
        case .array(let elements): hasher.combine(elements)
        case .object(let object): hasher.combine(object)
        }
    }
}

extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// Makes a Boolean.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// Makes an integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// Makes a number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// Makes a string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Makes an array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Makes an object; the last value of a repeated name stays.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}
