/// The roles that a store takes, enforced by the database.
///
/// A backend's configuration names one. ``ChatStorageBackend/prepare(_:)`` makes the store take its roles: it adds what
/// is missing and removes none. A handle takes the roles of its own configuration, and reads whatever is stored.
public struct RoleSet: Sendable, Hashable {
    /// The roles.
    public let roles: Set<Role>
    /// The same as an array: comparing with a few roles costs less than hashing.
    package let list: [Role]

    package init(_ roles: Set<Role>) {
        self.roles = roles
        list = Role.mostUsedFirst.filter(roles.contains) + roles.subtracting(Role.mostUsedFirst)
    }

    /// ``Role/system``, ``Role/user`` and ``Role/assistant``: plain chats.
    public static let standard = RoleSet(Role.standard)
    /// ``Role/tool`` and ``Role/developer`` too: chats with tools.
    public static let withTools = RoleSet(Role.standard.union([.tool, .developer]))

    /// Whether a store takes a role.
    public func contains(_ role: Role) -> Bool { list.contains(role) }
}
