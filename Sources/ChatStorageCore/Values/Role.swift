import ChatStorageSupport

/// Who speaks in a message.
///
/// Any string can be a role in code, so that what a store holds can always be read. What a store *takes* is decided
/// when it is made: ``system``, ``user`` and ``assistant``. Names are exact and case-sensitive.
public struct Role: Sendable, RawRepresentable, CustomStringConvertible {
    /// Instructions to the model, by the app.
    public static let system = Role(rawValue: "system")
    /// The person.
    public static let user = Role(rawValue: "user")
    /// The model.
    public static let assistant = Role(rawValue: "assistant")

    /// The roles that a store takes.
    public static let standard: Set<Role> = [.system, .user, .assistant]

    /// The roles of ``standard``, to be looked through.
    package static let mostUsedFirst: [Role] = [.user, .assistant, .system]

    /// The role's name, as LLM chat APIs and the databases spell it.
    public let rawValue: String

    /// Makes a role of any name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The role's name.
    public var description: String { rawValue }
}

extension Role: Hashable {
    /// Whether both names have the same UTF-8 bytes.
    public static func == (left: Role, right: Role) -> Bool {
        left.rawValue.hasSameUTF8(as: right.rawValue)
    }

    /// Hashes the name's UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        rawValue.hashUTF8(into: &hasher)
    }
}

extension Role: Codable {
    /// Reads the role from a single string.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes the role as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
