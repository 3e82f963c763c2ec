import ArgumentParser
import ChatStorageCore
import ChatStorageJSON

struct ClearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Remove all messages of a conversation and keep the conversation.",
        discussion: "With --json: how many were removed, a number.")

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium

    @Argument(help: "The conversation's id.")
    var id: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let id = ConversationID(id)
        let removed = try await store.withStorage(for: .changing) { storage in
            let removed = try await storage.clearMessages(of: id)
            if removed == 0, try await storage.conversation(id) == nil { throw Failure.noConversation(id) }
            return removed
        }
        if json { return try await Output.confirm(.integer(Int64(removed))) }
        try await Output.confirm("Removed \(removed.counted("message")).\n")
    }
}
