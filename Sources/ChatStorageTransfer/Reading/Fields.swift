import ChatStorageCore
import ChatStorageJSON

/// The values that an object has under the keys that count.
struct Fields {
    let name: String
    /// The keys of the other members that are not empty.
    var leftOut: [String] = []
    private var values: [(key: String, value: JSONSlice)] = []

    init(_ value: JSONSlice, name: String, keys: [String]) throws {
        self.name = name
        guard let members = value.members else {
            let subject = name.isEmpty ? "" : "\(name) "
            throw InvalidConversation(reason: "\(subject)is \(value.kind.rawValue), not an object")
        }
        for (key, value) in members {
            guard keys.contains(key) else {
                if !value.isEmpty { leftOut.append(key.shortened) }
                continue
            }
            guard self[key] == nil else { throw InvalidConversation(reason: "has two values of \(path(key))") }
            values.append((key, value))
        }
    }

    subscript(key: String) -> JSONSlice? {
        values.first { $0.key == key }?.value
    }

    /// The text under a key; nil if it is missing or null.
    func text(_ key: String) throws -> String? {
        guard let value = self[key], value.kind != .null else { return nil }
        return try text(value, key)
    }

    func requiredText(_ key: String) throws -> String {
        guard let value = self[key] else { throw InvalidConversation(reason: "\(path(key)) is missing") }
        return try text(value, key)
    }

    private func text(_ value: JSONSlice, _ key: String) throws -> String {
        guard let text = value.string else { throw mismatch(value, key, "a string") }
        return text
    }

    /// The integer under a key; nil if it is missing or null.
    func integer(_ key: String) throws -> Int64? {
        guard let value = self[key], value.kind != .null else { return nil }
        guard let integer = value.integer else { throw mismatch(value, key, "an integer") }
        return integer
    }

    /// The time under a key; nil if it is missing or null.
    func time(_ key: String) throws -> Timestamp? {
        guard let text = try text(key) else { return nil }
        guard let time = Timestamp(text) else {
            throw InvalidConversation(reason: "\(path(key)) \(Timestamp.problem(with: text))")
        }
        return time
    }

    func mismatch(_ value: JSONSlice, _ key: String, _ type: String) -> InvalidConversation {
        InvalidConversation(reason: "\(path(key)) is \(value.kind.rawValue), not \(type)")
    }

    func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
}

extension Fields {
    /// Counts a member that is there as left out.
    mutating func leaveOut(_ key: String) {
        if self[key]?.isEmpty == false { leftOut.append(key) }
    }

    /// Reads a member that archives of the library have; nil if it is missing or null.
    ///
    /// - Parameters:
    ///   - isOurs: Whether it must be what the library writes. Otherwise a member of the same name can be something
    ///     else, and is left out.
    ///   - read: Reads it from the fields.
    mutating func own<Value>(_ key: String, isOurs: Bool, _ read: (Fields, JSONSlice) throws -> Value?) throws -> Value?
    {
        guard let value = self[key], value.kind != .null else { return nil }
        do {
            return try read(self, value)
        } catch let problem as InvalidConversation {
            if isOurs { throw problem }
        } catch let error as ChatStorageError {
            if isOurs { throw InvalidConversation(reason: "\(path(key)): \(error.message)") }
        }
        leaveOut(key)
        return nil
    }
}

extension String {
    /// A name from a file, cut if it is longer than names usually are.
    var shortened: String {
        // No name that is short in bytes has many scalars.
        guard utf8.count > 40 else { return self }
        let start = String(UnicodeScalarView(unicodeScalars.prefix(40)))
        return start.utf8.count == utf8.count ? start : "\(start)…"
    }
}
