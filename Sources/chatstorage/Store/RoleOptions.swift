import ArgumentParser
import ChatStorageCore

/// The roles that messages can have: the option of commands that bring messages in.
struct RoleOptions: ParsableArguments {
    /// The roles that a store can be made to take beside those of plain chats.
    enum Choice: String, ExpressibleByArgument, CaseIterable {
        case withTools = "with-tools"
    }

    @Option(
        help: ArgumentHelp(
            """
            Make the store take more roles: with-tools adds tool and developer, for good (default: the roles that it \
            takes already).
            """, valueName: "roles"))
    var roles: Choice?

    /// The end of the sentence about a refused role.
    static let advice = "; --roles with-tools makes the store take it"

    /// The roles that a command wants.
    var wanted: StoreLocation.Roles { roles == .withTools ? .withTools : .thoseOfStore }

    /// The same for a command that brings in whole chats: other programs' chats have messages of tools.
    var wantedForChats: StoreLocation.Roles { roles == .withTools ? .withTools : .thoseOfStoreOrWithTools }
}
