import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// An object of another program's file, whose members are taken one by one; the rest is left, without empty members.
struct ForeignObject {
    /// Where objects of its kind are in the file: `messages[]`; empty for a conversation.
    let path: String
    /// The object as the file has it.
    let slice: JSONSlice
    /// The members not taken yet.
    private var members: [(key: String, value: JSONSlice)] = []

    /// - Throws: ``InvalidConversation`` if the value is no object or has two members of one name.
    init(_ slice: JSONSlice, at path: String) throws {
        self.path = path
        self.slice = slice
        guard let members = slice.members else {
            let subject = path.isEmpty ? "" : "\(path) "
            throw InvalidConversation(reason: "\(subject)is \(slice.kind.rawValue), not an object")
        }
        var keys: Set<UTF8Text> = []
        for (key, value) in members {
            guard keys.insert(UTF8Text(key)).inserted else {
                throw InvalidConversation(reason: "has two values of \(self.path(of: key.shortened))")
            }
            self.members.append((key, value))
        }
    }

    /// A member that is not taken yet.
    subscript(key: String) -> JSONSlice? {
        members.first { $0.key.hasSameUTF8(as: key) }?.value
    }

    /// The members that are left and not empty.
    var rest: [(key: String, value: JSONSlice)] { members.filter { !$0.value.isEmpty } }

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Takes a member; nil if it is missing or null.
    @discardableResult
    mutating func take(_ key: String) -> JSONSlice? {
        guard let index = members.firstIndex(where: { $0.key.hasSameUTF8(as: key) }) else { return nil }
        let value = members.remove(at: index).value
        return value.kind == .null ? nil : value
    }

    /// Moves the rest into metadata, under its own names.
    func putRest(into room: inout MetadataRoom) {
        for (key, value) in rest { room.take(key, value, at: path(of: key.shortened)) }
    }

    // MARK: Members that must be of a kind

    /// A text; nil if it is missing or null.
    mutating func text(_ key: String) throws -> String? {
        guard let value = take(key) else { return nil }
        guard let text = value.string else { throw mismatch(key, value, "a string") }
        return text
    }

    /// An id: a string, or a number as its digits; nil if it is missing, null or empty.
    mutating func id(_ key: String) throws -> String? {
        guard let value = take(key) else { return nil }
        guard let id = value.string ?? value.integer.map(String.init) else {
            throw mismatch(key, value, "a string or an integer")
        }
        return id.isEmpty ? nil : id
    }

    /// The elements of an array; none if it is missing or null.
    mutating func elements(_ key: String) throws -> [JSONSlice] {
        guard let value = take(key) else { return [] }
        guard let elements = value.elements else { throw mismatch(key, value, "an array") }
        return Array(elements)
    }

    /// An object; nil if it is missing or null.
    mutating func object(_ key: String) throws -> ForeignObject? {
        try take(key).map { try ForeignObject($0, at: path(of: key)) }
    }

    /// An object that must be there.
    mutating func required(_ key: String) throws -> ForeignObject {
        guard let object = try object(key) else { throw InvalidConversation(reason: "\(path(of: key)) is missing") }
        return object
    }

    /// A time as a text with a zone or a number since 1970; nil if it is missing or null.
    mutating func time(_ key: String, in unit: EpochTime.Unit = .seconds) throws -> Timestamp? {
        guard let value = take(key) else { return nil }
        if let text = value.string {
            guard let time = Timestamp(text) else {
                throw InvalidConversation(reason: "\(path(of: key)) \(Timestamp.problem(with: text))")
            }
            return time
        }
        guard value.kind == .number else { throw mismatch(key, value, "a time") }
        guard let time = EpochTime.time(value.text, in: unit) else {
            throw InvalidConversation(reason: "\(path(of: key)) is outside the years 1 to 9999")
        }
        return time
    }

    func mismatch(_ key: String, _ value: JSONSlice, _ type: String) -> InvalidConversation {
        InvalidConversation(reason: "\(path(of: key)) is \(value.kind.rawValue), not \(type)")
    }

    // MARK: Members that are taken only if they fit

    /// A text; nil, and left, if it is anything else.
    mutating func textIfAny(_ key: String) -> String? {
        guard let text = self[key]?.string else { return nil }
        take(key)
        return text
    }

    /// A name, an id or a media type of a part; nil, and left, if it is anything else or too long.
    mutating func name(_ key: String, upTo scalars: Int = Limits.partNameScalars.upperBound) -> String? {
        guard let value = self[key], let name = value.string ?? value.integer.map(String.init), !name.isEmpty,
            name.unicodeScalars.count <= scalars, !name.hasNUL
        else { return nil }
        take(key)
        return name
    }

    /// A size; nil, and left, if it is anything else.
    mutating func size(_ key: String) -> Int64? {
        guard let size = self[key]?.integer, size >= 0 else { return nil }
        take(key)
        return size
    }
}

extension JSONSlice {
    /// The first member of a name; nil if there is none.
    func firstMember(_ key: String) -> JSONSlice? { members?.first { $0.key == key }?.value }
}

extension MessagePart {
    /// The part with another program's JSON for it.
    func with(native slice: JSONSlice, format: String) -> MessagePart {
        var part = self
        part.native = NativeJSON(format: format, json: JSONText(slice))
        return part
    }

    /// The part with an object's JSON as its native JSON, unless all of the object was taken.
    func keeping(_ object: ForeignObject, format: String) -> MessagePart {
        object.rest.isEmpty ? self : with(native: object.slice, format: format)
    }
}
