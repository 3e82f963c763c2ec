import ArgumentParser
import ChatStorageCore
import ChatStorageJSON
import ChatStorageTransfer

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Print the last messages as JSON, ready for an LLM chat API.",
        discussion: """
            Prints an array of {"role", "content"}, the `messages` of a request to such an API. A message that is more \
            than one text also has "parts", in the form of this tool's archives, and "native", the provider's own \
            JSON, if there is any. For a conversation that does not exist it prints [].

            The messages are those of the current path. Answers that are still being written, or whose writing failed, \
            are left out.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    @Argument(help: "The conversation's id.")
    var id: String

    // Unconditional, so that a negative number is refused as a number and not taken for an option.
    @Option(parsing: .unconditional, help: ArgumentHelp("How many of the last messages.", valueName: "count"))
    var limit = 20

    @Flag(help: "Print JSON, as the command always does.")
    var json = false

    func validate() throws {
        try chatstorage.validate(limit: limit)
    }

    func run() async throws {
        let history = try await store.withStorage(for: .reading, on: medium) { storage in
            try await storage.history(of: ConversationID(id), limit: limit)
        }
        try await Output.write(.array(history.map(\.json)))
    }
}
