import ChatStorageJSON

/// An object of an API's JSON, with its path for errors.
struct JSONFields {
    /// The object as it was given.
    let slice: JSONSlice
    /// The object's own path; empty for the whole.
    let path: String
    /// The members in the order of the text, equal names included.
    let members: [(key: String, value: JSONSlice)]

    /// - Throws: ``ProviderFormError`` if the value is no object.
    init(_ slice: JSONSlice, at path: String) throws {
        guard let members = slice.members else { throw Self.wrong(path, slice, "an object") }
        self.slice = slice
        self.path = path
        self.members = Array(members)
    }

    /// Reads the JSON of a response, a request or an event.
    ///
    /// - Throws: ``ProviderFormError``.
    static func parse(_ bytes: some Sequence<UInt8>) throws -> JSONSlice {
        do {
            return try JSONSlice(validating: Array(bytes)[...], takingLoneSurrogates: true)
        } catch let problem as JSONProblem {
            throw ProviderFormError(reason: problem.reason)
        }
    }

    /// A member's value, the last one if the name is repeated, as in most JSON readers; nil if there is none.
    subscript(name: String) -> JSONSlice? { members.last { $0.key == name }?.value }

    /// A member that is a string; nil if it is missing or another value.
    func string(_ name: String) -> String? { self[name]?.string }

    /// The path of a member.
    func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// A member that must be a string.
    ///
    /// - Throws: ``ProviderFormError``.
    func requiredString(_ name: String) throws -> String {
        try requiredText(name).string ?? ""
    }

    /// A member that must be a string, in its written form.
    ///
    /// - Throws: ``ProviderFormError``.
    func requiredText(_ name: String) throws -> JSONSlice {
        let value = try required(name)
        guard value.kind == .string else { throw Self.wrong(path(of: name), value, "a string") }
        return value
    }

    /// A member that must be an array.
    ///
    /// - Throws: ``ProviderFormError``.
    func requiredElements(_ name: String) throws -> [JSONSlice] {
        let value = try required(name)
        guard let elements = value.elements else { throw Self.wrong(path(of: name), value, "an array") }
        return Array(elements)
    }

    /// A member that must be there.
    ///
    /// - Throws: ``ProviderFormError``.
    func required(_ name: String) throws -> JSONSlice {
        guard let value = self[name] else { throw ProviderFormError(member: path(of: name), reason: "is missing") }
        return value
    }

    /// The error for a value of the wrong type.
    static func wrong(_ path: String, _ value: JSONSlice, _ expected: String) -> ProviderFormError {
        ProviderFormError(member: path, reason: "is \(value.kind.rawValue), not \(expected)")
    }
}
