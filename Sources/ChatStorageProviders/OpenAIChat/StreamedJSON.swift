import ChatStorageJSON

/// A string that comes in pieces.
///
/// The pieces are joined in their escaped form, so that the halves of a surrogate pair in two pieces come together.
struct StreamedString: Sendable {
    /// The string's JSON without its quotes.
    private var raw = ""
    /// The text so far, decoded as far as possible.
    private(set) var text = ""

    /// Whether nothing has come yet.
    var isEmpty: Bool { raw.isEmpty }
    /// The whole string as JSON.
    var json: String { "\"\(raw)\"" }

    /// Adds a piece; ignores a value that is not a string.
    mutating func add(_ piece: JSONSlice?) {
        guard let piece, piece.kind == .string else { return }
        raw += piece.text.dropFirst().dropLast()
        text += piece.storableText ?? ""
    }
}

/// An object whose members come in pieces, in the order of their first pieces.
struct StreamedMembers: Sendable {
    private enum Value {
        case json(String)
        case string(StreamedString)
        case object(StreamedMembers)
        case elements([String])
    }

    private var members: [(name: String, value: Value)] = []

    /// The names of strings that come whole, and may be repeated.
    private static let whole: Set<String> = [
        "role", "id", "type", "name", "format", "model", "object", "finish_reason", "system_fingerprint",
        "service_tier",
    ]

    /// Whether there are no members.
    var isEmpty: Bool { members.isEmpty }

    /// The text of a member that is a string; nil for none.
    func text(_ name: String) -> String? {
        guard case .string(let string)? = members.first(where: { $0.name == name })?.value else { return nil }
        return string.text
    }

    /// A member that is an object; nil for none.
    func object(_ name: String) -> StreamedMembers? {
        guard case .object(let object)? = members.first(where: { $0.name == name })?.value else { return nil }
        return object
    }

    /// Removes a member.
    mutating func remove(_ name: String) {
        members.removeAll { $0.name == name }
    }

    /// Adds the members of a piece.
    ///
    /// Strings are joined, objects merged and elements appended; for other values the last one counts. A null changes
    /// nothing.
    mutating func add(_ piece: JSONSlice, except others: Set<String> = []) {
        for (name, value) in piece.memberList where !others.contains(name) { add(name, value) }
    }

    /// Takes the members of a piece that has complete values; a null changes nothing.
    mutating func replace(with piece: JSONSlice, except others: Set<String>) {
        for (name, value) in piece.memberList where !others.contains(name) {
            if value.kind != .null, let place = members.firstIndex(where: { $0.name == name }) {
                members[place].value = Self.start(value)
            } else {
                add(name, value)
            }
        }
    }

    private mutating func add(_ name: String, _ value: JSONSlice) {
        let place = members.firstIndex { $0.name == name } ?? members.endIndex
        if place == members.endIndex { members.append((name, .json("null"))) }
        guard value.kind != .null else { return }
        switch (members[place].value, value.kind) {
        case (.string(var string), .string):
            if Self.whole.contains(name), !string.isEmpty { return }
            // Taken out of the list while it grows, so that it is not copied.
            members[place].value = .json("")
            string.add(value)
            members[place].value = .string(string)
        case (.object(var object), .object):
            members[place].value = .json("")
            object.add(value)
            members[place].value = .object(object)
        case (.elements(let elements), .array):
            members[place].value = .elements(elements + value.elementList.map(\.text))
        default: members[place].value = Self.start(value)
        }
    }

    private static func start(_ value: JSONSlice) -> Value {
        switch value.kind {
        case .string:
            var string = StreamedString()
            string.add(value)
            return .string(string)
        case .object:
            var object = StreamedMembers()
            object.add(value)
            return .object(object)
        case .array: return .elements(value.elementList.map(\.text))
        case .null, .boolean, .number: return .json(value.text)
        }
    }

    /// Writes the members.
    ///
    /// - Parameter nulls: Whether members that stayed null are written.
    func write(to json: inout JSONWriter, nulls: Bool = true) {
        for (name, value) in members {
            if case .json("null") = value, !nulls { continue }
            json.name(name)
            Self.write(value, to: &json)
        }
    }

    private static func write(_ value: Value, to json: inout JSONWriter) {
        switch value {
        case .json(let text): json.literal(text)
        case .string(let string): json.literal(string.json)
        case .object(let object): json.object { object.write(to: &$0) }
        case .elements(let elements): json.array { json in for element in elements { json.literal(element) } }
        }
    }
}
