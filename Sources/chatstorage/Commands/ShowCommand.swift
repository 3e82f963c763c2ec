import ArgumentParser
import ChatStorageCore
import ChatStorageJSON

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a conversation with its last messages.",
        discussion: """
            Control characters in the texts are shown as pictures (␛), so that no text can do anything to your \
            terminal; times are in your time zone.

            With --json: {"conversation_id", "title", "created_at", "updated_at", "last_id", "messages": [{"id", \
            "conversation_id", "role", "content", "created_at"}]}, and each message's "key" if it has one; texts \
            exactly as they are stored and times in UTC.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    @Argument(help: "The conversation's id.")
    var id: String

    // Unconditional, so that a negative number is refused as a number and not taken for an option.
    @Option(parsing: .unconditional, help: ArgumentHelp("How many of the last messages.", valueName: "count"))
    var limit = 20

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try chatstorage.validate(limit: limit)
    }

    func run() async throws {
        let id = ConversationID(id)
        let (conversation, messages) = try await store.withStorage(for: .reading, on: medium) { storage in
            guard let conversation = try await storage.conversation(id) else { throw Failure.noConversation(id) }
            return (conversation, try await storage.messages(of: id, limit: limit))
        }
        if json {
            guard case .object(let members) = conversation.json else { return }
            try await Output.write(.object(members + [("messages", .array(messages.map(\.json)))]))
        } else {
            let transcript = Transcript(width: Output.columns, style: Output.style)
            try await Output.write(transcript.text(of: conversation, messages: messages))
        }
    }
}
