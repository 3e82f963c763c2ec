import ArgumentParser
import ChatStorageCore

struct TitleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "title", abstract: "Give a conversation a title, or take it away.")

    @OptionGroup var store: StoreOptions

    @Argument(help: "The conversation's id.")
    var id: String

    @Argument(help: "The title, at most 200 characters.")
    var text: String?

    @Flag(help: "Take the title away.")
    var none = false

    func validate() throws {
        guard (text == nil) == none else { throw ValidationError("Give either the title or --none.") }
    }

    func run() async throws {
        let id = ConversationID(id)
        try await store.withStorage(for: .changing) { storage in
            guard try await storage.updateTitle(of: id, to: text) != nil else { throw Failure.noConversation(id) }
        }
        let shown = TerminalText.line(id.rawValue)
        try await Output.write(text == nil ? "Took the title of \(shown) away.\n" : "Gave \(shown) a title.\n")
    }
}
