import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// The values of an object under the keys that the reader knows.
struct Fields {
    let name: String
    let log: MendingLog
    /// The other members that are not empty, in the order of the text.
    private(set) var others: [(key: String, value: JSONSlice)] = []
    private var values: [(key: String, value: JSONSlice)] = []

    init(_ value: JSONSlice, name: String, keys: [String], log: MendingLog) throws {
        self.name = name
        self.log = log
        guard let members = value.members else {
            let subject = name.isEmpty ? "" : "\(name) "
            throw InvalidConversation(reason: "\(subject)is \(value.kind.rawValue), not an object")
        }
        for (key, value) in members {
            guard keys.contains(key) else {
                if !value.isEmpty { others.append((key, value)) }
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
        if let text = value.string { return text }
        guard value.kind == .number else { throw mismatch(value, key, "a string") }
        try log.mend(.number, mismatch(value, key, "a string").reason, "takes its digits")
        return value.text
    }

    /// The integer under a key; nil if it is missing or null.
    func integer(_ key: String) throws -> Int64? {
        guard let value = self[key], value.kind != .null else { return nil }
        guard let integer = value.integer else { throw mismatch(value, key, "an integer") }
        return integer
    }

    /// The time under a key; nil if it is missing or null.
    func time(_ key: String) throws -> Timestamp? {
        guard let value = self[key], value.kind != .null else { return nil }
        guard let text = value.string else {
            guard value.kind == .number, let time = EpochTime.time(of: value.text) else {
                throw mismatch(value, key, "a string")
            }
            try log.mend(.epochTime, mismatch(value, key, "a string").reason, "takes it for a time since 1970")
            return time
        }
        if let time = Timestamp(text) { return time }
        let reason = "\(path(key)) \(Timestamp.problem(with: text))"
        if let time = EpochTime.time(of: text) {
            try log.mend(.epochTime, reason, "takes it for a time since 1970")
            return time
        }
        guard let time = Timestamp(text + (log.leniency.zone ?? "Z")) else { throw InvalidConversation(reason: reason) }
        try log.mend(.zonelessTime, reason, "takes it as UTC")
        return time
    }

    func mismatch(_ value: JSONSlice, _ key: String, _ type: String) -> InvalidConversation {
        InvalidConversation(reason: "\(path(key)) is \(value.kind.rawValue), not \(type)")
    }

    func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
}

extension Fields {
    /// Moves a known member to the others, if it is there.
    mutating func leaveOut(_ key: String) {
        if let value = self[key], !value.isEmpty { others.append((key, value)) }
    }

    /// Removes another member and returns its value; nil if it is missing or empty.
    mutating func takeOther(_ key: String) -> JSONSlice? {
        guard let place = others.firstIndex(where: { $0.key == key }) else { return nil }
        return others.remove(at: place).value
    }

    /// The value of another member; nil if it is missing or empty.
    func other(_ key: String) -> JSONSlice? { others.first { $0.key == key }?.value }

    /// Adds a member to the others.
    mutating func addOther(_ key: String, _ value: JSONSlice) {
        if !value.isEmpty { others.append((key, value)) }
    }

    /// Removes members with these names, which are kept elsewhere or follow from kept ones.
    mutating func dropOthers(_ keys: Set<String>) {
        others.removeAll { keys.contains($0.key) }
    }

    /// Puts the others into metadata.
    ///
    /// - Parameters:
    ///   - prefix: The beginning of their paths: `messages[].`.
    ///   - metadata: The metadata so far.
    ///   - leftOut: Gets the paths of members that metadata does not take.
    func keepOthers(
        after prefix: String, in metadata: inout Metadata, leavingOut leftOut: inout Set<String>
    ) {
        guard !others.isEmpty else { return }
        var room = MetadataRoom(beside: metadata)
        for (key, value) in others { room.take(key, value, at: prefix + key.shortened) }
        metadata = room.metadata
        leftOut.formUnion(room.leftOut)
    }

    /// Reads a member that archives of the library have; nil if it is missing or null.
    ///
    /// - Parameters:
    ///   - isOurs: Whether it must be what the library writes. Otherwise a member of the same name can be something
    ///     else, and then counts among the others.
    ///   - read: Reads it from the fields.
    mutating func own<Value>(_ key: String, isOurs: Bool, _ read: (Fields, JSONSlice) throws -> Value?) throws -> Value?
    {
        guard let value = self[key], value.kind != .null else { return nil }
        let mended = log.counts
        do {
            return try read(self, value)
        } catch let problem as InvalidConversation {
            if isOurs { throw problem }
        } catch let error as ChatStorageError {
            if isOurs { throw InvalidConversation(reason: "\(path(key)): \(error.message)") }
        }
        log.restore(mended)
        leaveOut(key)
        return nil
    }
}

extension String {
    /// A name from a file, cut if it is longer than names usually are.
    var shortened: String {
        let start = prefix(scalars: 40)
        return start.utf8.count == utf8.count ? start : "\(start)…"
    }
}
