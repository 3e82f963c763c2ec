import ArgumentParser
import ChatStorageCore

struct ClearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Remove all messages of a conversation and keep the conversation.")

    @OptionGroup var store: StoreOptions

    @Argument(help: "The conversation's id.")
    var id: String

    func run() async throws {
        let id = ConversationID(id)
        let removed = try await store.withStorage(for: .changing) { storage in
            let removed = try await storage.clearMessages(of: id)
            if removed == 0, try await storage.conversation(id) == nil { throw Failure.noConversation(id) }
            return removed
        }
        try await Output.write("Removed \(removed.counted("message")).\n")
    }
}
