/// A change of metadata: members to set and to remove, or an object that replaces all of it.
///
/// Two callers who change different members at once both succeed.
public struct MetadataChange: Sendable, Hashable {
    /// The object that replaces all metadata; nil keeps the other members.
    public private(set) var replacement: Metadata?
    /// The members to set.
    public private(set) var set = Metadata()
    /// The names of the members to remove.
    public private(set) var removed: [String] = []

    /// Makes a change that changes nothing yet.
    public init() {}

    /// Replaces all metadata with an object.
    public static func replacing(with metadata: Metadata) -> MetadataChange {
        var change = MetadataChange()
        change.replacement = metadata
        return change
    }

    /// Sets a member.
    public static func setting(_ name: String, to value: JSONValue) -> MetadataChange {
        MetadataChange().setting(name, to: value)
    }

    /// Sets the member of a key.
    public static func setting<Value>(_ key: MetadataKey<Value>, to value: Value) -> MetadataChange {
        MetadataChange().setting(key.name, to: value.json)
    }

    /// Removes a member.
    public static func removing(_ name: String) -> MetadataChange {
        MetadataChange().removing(name)
    }

    /// Sets a member too.
    public func setting(_ name: String, to value: JSONValue) -> MetadataChange {
        var change = self
        change.set[name] = value
        change.removed.removeAll { $0.utf8.elementsEqual(name.utf8) }
        return change
    }

    /// Sets the member of a key too.
    public func setting<Value>(_ key: MetadataKey<Value>, to value: Value) -> MetadataChange {
        setting(key.name, to: value.json)
    }

    /// Removes a member too.
    public func removing(_ name: String) -> MetadataChange {
        var change = self
        change.set[name] = nil
        change.removed.append(name)
        return change
    }

    /// Removes the member of a key too.
    public func removing<Value>(_ key: MetadataKey<Value>) -> MetadataChange { removing(key.name) }

    /// Removes the member of a key.
    public static func removing<Value>(_ key: MetadataKey<Value>) -> MetadataChange { removing(key.name) }

    /// This change and another after it, as one.
    func followed(by other: MetadataChange) -> MetadataChange {
        if other.replacement != nil { return other }
        let removing = other.removed.reduce(self) { $0.removing($1) }
        return other.set.object.members.reduce(removing) { $0.setting($1.name, to: $1.value) }
    }

    /// Whether nothing is changed.
    public var isEmpty: Bool { replacement == nil && set.isEmpty && removed.isEmpty }

    /// The metadata after the change; for backends.
    ///
    /// - Throws: ``ChatStorageError`` with the code `metadataTooLarge` if the result has more than 64 KiB.
    public func applied(to metadata: Metadata) throws -> Metadata {
        var result = replacement ?? metadata
        // Databases distinguish two forms of a letter, Swift's dictionaries and coders do not: so one name is kept.
        let hasForms = !result.object.hasASCIINames || !set.object.hasASCIINames
        for name in removed { result.object.removeForms(of: name) }
        for (name, value) in set.object.members {
            if hasForms { result.object.removeForms(of: name) }
            result[name] = value
        }
        let bytes = result.text.utf8.count
        guard bytes <= Limits.metadataBytes else {
            throw ChatStorageError(
                .metadataTooLarge,
                "metadata would have \(bytes) bytes of JSON; it takes at most \(Limits.metadataBytes)")
        }
        return result
    }
}
