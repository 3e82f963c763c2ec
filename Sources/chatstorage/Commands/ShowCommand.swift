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

            The conversation and its messages are those of one moment, also while others write to it. A message's \
            metadata, which can change in place, is as it was when that message was read.
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
        let moment = try await store.withStorage(for: .reading, on: medium) { storage in
            try await ConversationMoment.read(id, limit: all ? nil : limit ?? 20, from: storage)
        }
        guard let moment else { throw Failure.noConversation(id) }
        if json {
            try await Output.write(moment.conversation.json(with: moment.messages))
        } else {
            let transcript = Transcript(width: Output.columns, style: Output.style, folds: !full)
            try await Output.write(transcript.text(of: moment.conversation, messages: moment.messages))
        }
    }
}
