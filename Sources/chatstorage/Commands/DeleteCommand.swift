import ArgumentParser
import ChatStorageCore
import ChatStorageJSON

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a conversation and all its messages.",
        discussion: "With --json: true.")

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium

    @Argument(help: "The conversation's id.")
    var id: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let id = ConversationID(id)
        try await store.withStorage(for: .changing) { storage in
            guard try await storage.deleteConversation(id) else { throw Failure.noConversation(id) }
        }
        if json { return try await Output.confirm(.boolean(true)) }
        try await Output.confirm("Deleted \(TerminalText.line(id.rawValue)).\n")
    }
}
