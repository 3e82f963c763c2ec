import ArgumentParser
import ChatStorageCore

struct TitleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "title", abstract: "Give a conversation a title, or take it away.",
        usage: """
            chatstorage title [--store <url>] [--tenant <name>] <id> <text>
            chatstorage title [--store <url>] [--tenant <name>] --none <id>
            """,
        discussion: """
            The text is taken exactly as it is, also if it begins with a dash; options therefore go before the id:

              chatstorage title --tenant ada trip "- Kyoto -"
            """)

    @OptionGroup var store: StoreOptions

    @Argument(help: "The conversation's id.")
    var id: String

    @Argument(help: "The title, one argument of at most 200 characters.")
    var text: [String] = []

    @Flag(help: "Take the title away.")
    var none = false

    func validate() throws {
        guard text.count < 2 else { throw CommandLineArguments.textIsOneArgument }
        guard text.isEmpty == none else { throw ValidationError("Give either the title or, before ID, --none.") }
    }

    func run() async throws {
        let id = ConversationID(id)
        try await store.withStorage(for: .changing) { storage in
            guard try await storage.updateTitle(of: id, to: text.first) != nil else { throw Failure.noConversation(id) }
        }
        let shown = TerminalText.line(id.rawValue)
        try await Output.write(none ? "Took the title of \(shown) away.\n" : "Gave \(shown) a title.\n")
    }
}
