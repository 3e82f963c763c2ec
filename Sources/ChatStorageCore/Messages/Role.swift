import ChatStorageSupport

/// Who speaks in a message.
///
/// Any string can be a role in code, so that what a store holds can always be read. What a store *takes* is its
/// ``RoleSet``: ``system``, ``user`` and ``assistant``, and ``tool`` and ``developer`` if it was prepared with them.
/// Names are exact and case-sensitive.
public struct Role: Sendable, RawRepresentable, CustomStringConvertible {
    /// A name; those that a store can take are copied and compared without their text.
    private enum Name: Sendable {
        case system, user, assistant, tool, developer
        /// Any other name; boxed, so that a role is one word and messages are cheap to copy.
        indirect case other(String)
    }

    private let name: Name

    private init(_ name: Name) {
        self.name = name
    }

    /// Instructions to the model, by the app.
    public static var system: Role { Role(.system) }
    /// The person.
    public static var user: Role { Role(.user) }
    /// The model.
    public static var assistant: Role { Role(.assistant) }

    /// A tool, with its results; a store takes it if its ``RoleSet`` does.
    public static var tool: Role { Role(.tool) }
    /// Instructions by the app in newer APIs; a store takes it if its ``RoleSet`` does.
    public static var developer: Role { Role(.developer) }

    /// The roles that every store takes.
    public static let standard: Set<Role> = [.system, .user, .assistant]

    /// All roles that a store can take, the most frequent first.
    package static let mostUsedFirst: [Role] = [.user, .assistant, .system, .tool, .developer]

    /// Makes a role of any name.
    public init(rawValue: String) {
        self = rawValue.withUTF8Bytes(Role.init(utf8:)) ?? Role(.other(rawValue))
    }

    /// Makes a role of the bytes of its name; nil if no store takes it.
    package init?(utf8: UnsafeBufferPointer<UInt8>) {
        switch utf8.count {
        case 4 where utf8.areUTF8(of: "user"): name = .user
        case 4 where utf8.areUTF8(of: "tool"): name = .tool
        case 6 where utf8.areUTF8(of: "system"): name = .system
        case 9 where utf8.areUTF8(of: "assistant"): name = .assistant
        case 9 where utf8.areUTF8(of: "developer"): name = .developer
        default: return nil
        }
    }

    /// The role's name, as LLM chat APIs and the databases spell it.
    public var rawValue: String {
        switch name {
        case .system: "system"
        case .user: "user"
        case .assistant: "assistant"
        case .tool: "tool"
        case .developer: "developer"
        case .other(let name): name
        }
    }

    /// The role's name.
    public var description: String { rawValue }
}

extension Role: Hashable {
    /// Whether both names have the same UTF-8 bytes.
    public static func == (left: Role, right: Role) -> Bool {
        switch (left.name, right.name) {
        case (.system, .system), (.user, .user), (.assistant, .assistant), (.tool, .tool), (.developer, .developer):
            true
        case (.other(let mine), .other(let its)): mine.hasSameUTF8(as: its)
        default: false
        }
    }

    /// Hashes the name's UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        rawValue.hashUTF8(into: &hasher)
    }
}

extension Role: Codable {
    /// Reads the role from a single string.
    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the role as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension Role: CustomReflectable {
    /// The name alone, for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: ["rawValue": rawValue]) }
}
