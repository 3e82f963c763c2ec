import ArgumentParser
import ChatStorageCore
import ChatStorageTransfer

struct TitleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "title", abstract: "Give a conversation a title, or remove it.",
        usage: """
            chatstorage title [--store <url>] [--schema <name>] [--pooler] [--tenant <name>] [--json] <id> <text>
            chatstorage title [--store <url>] [--schema <name>] [--pooler] [--tenant <name>] [--json] --none <id>
            """,
        discussion: """
            The title is stored exactly as given, even if it begins with a dash. Options therefore go before the id:

              chatstorage title --tenant ada trip "- Kyoto -"

            With --json: the conversation, as list prints it.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium

    @Argument(help: "The conversation's id.")
    var id: String

    @Argument(help: "The title, one argument of at most 200 characters.")
    var text: [String] = []

    @Flag(help: "Remove the title.")
    var none = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard text.count < 2 else { throw CommandLineArguments.textIsOneArgument }
        guard text.isEmpty == none else { throw ValidationError("Give either the title or, before ID, --none.") }
    }

    func run() async throws {
        let id = ConversationID(id)
        let conversation = try await store.withStorage(for: .changing) { storage in
            guard let conversation = try await storage.updateTitle(of: id, to: text.first) else {
                throw Failure.noConversation(id)
            }
            return conversation
        }
        if json { return try await Output.confirm(conversation.json) }
        let shown = TerminalText.line(id.rawValue)
        try await Output.confirm(none ? "Removed the title of \(shown).\n" : "Gave \(shown) a title.\n")
    }
}
