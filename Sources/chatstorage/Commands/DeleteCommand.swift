import ArgumentParser
import ChatStorageCore

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a conversation and all its messages.")

    @OptionGroup var store: StoreOptions

    @Argument(help: "The conversation's id.")
    var id: String

    func run() async throws {
        let id = ConversationID(id)
        try await store.withStorage(for: .changing) { storage in
            guard try await storage.deleteConversation(id) else { throw Failure.noConversation(id) }
        }
        try await Output.write("Deleted \(TerminalText.line(id.rawValue)).\n")
    }
}
