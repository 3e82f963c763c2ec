import ArgumentParser
import ChatStorageCore
import ChatStorageJSON

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a conversation with its last messages.",
        discussion: """
            Tools' calls and results, reasoning and files are shown under what is said. Long ones are folded, with how \
            much is not shown; --full shows them whole. Control characters in the texts are shown as pictures (␛), so \
            that no text can do anything to your terminal; times are in your time zone.

            With --json: {"conversation_id", "title", "created_at", "updated_at", "last_id", "message_count", \
            "read_through", "cleared_through", "labels", "metadata", "messages": [{"id", "conversation_id", "role", \
            "content", "created_at"}]}, and each message's "parts" if it is more than one text, its "metadata", \
            "native" and "key" if it has any; texts exactly as they are stored and times in UTC. It is one line, which \
            import reads: with --all it is the whole conversation.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    @Argument(help: "The conversation's id.")
    var id: String

    // Unconditional, so that a negative number is refused as a number and not taken for an option.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many of the last messages (default: 20).", valueName: "count"))
    var limit: Int?

    @Flag(help: "Show all messages.")
    var all = false

    @Flag(help: "Fold nothing.")
    var full = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try chatstorage.validate(limit: limit ?? 0)
        guard limit == nil || !all else { throw ValidationError("Give either --limit or --all.") }
    }

    func run() async throws {
        let id = ConversationID(id)
        let (conversation, messages) = try await store.withStorage(for: .reading, on: medium) { storage in
            guard let conversation = try await storage.conversation(id) else { throw Failure.noConversation(id) }
            return (conversation, try await self.messages(of: conversation, in: storage))
        }
        if json {
            try await Output.write(conversation.json(with: messages))
        } else {
            let transcript = Transcript(width: Output.columns, style: Output.style, folds: !full)
            try await Output.write(transcript.text(of: conversation, messages: messages))
        }
    }

    /// The messages that are shown; what was appended since the conversation was read is not.
    private func messages(of conversation: Conversation, in storage: any ChatStorage) async throws -> [Message] {
        guard all else {
            return try await storage.messages(of: conversation.id, limit: limit ?? 20)
        }
        var messages: [Message] = []
        for try await message in storage.allMessages(of: conversation.id) {
            guard message.sequence <= conversation.lastSequence else { break }
            messages.append(message)
        }
        return messages
    }
}
