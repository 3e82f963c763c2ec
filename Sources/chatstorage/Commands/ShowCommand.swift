import ArgumentParser
import ChatStorageCore
import ChatStorageJSON
import ChatStorageTransfer

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a conversation with its last messages.",
        discussion: """
            Tool calls and results, reasoning and files are shown too. Long ones are folded, with a note of how much \
            is hidden; --full shows them whole. Control characters are shown as pictures (␛), so that no text can \
            control your terminal. Times are in your time zone.

            If a conversation has branched, its current path is shown, which is what people see in the app. ‹2/3› \
            under a message marks the second of three versions, and is followed by the numbers of the others. \
            `chatstorage show --through NUMBER` shows the path to any message, and `chatstorage head` makes another \
            path the current one. An answer is marked as streaming while it is being written, and as stopped or failed \
            if it ended so.

            With --json: {"conversation_id", "title", "created_at", "updated_at", "last_id", "message_count", \
            "read_through", "cleared_through", "labels", "metadata", "messages": [{"id", "conversation_id", "role", \
            "content", "created_at"}]}. A message also has "parts" if it is more than one text, "metadata", "native" \
            and "key" if it has any, and "state", "revision" and "revised_at" if it was written piece by piece. A \
            conversation that has branched has "is_branched", and "head" if that is not the newest message; a message \
            that does not follow the one before it has "predecessor". Texts are exactly as stored, times in UTC. The \
            output is one line, which import reads; with --all it is the whole conversation with all branches.

            The conversation and its messages are those of one moment, even while others write. Only a message's \
            metadata and an unfinished answer are as they were when that message was read.
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

    @Flag(help: "Show all messages of the path; with --json, of all branches.")
    var all = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Show the path that ends with this message.", valueName: "number"))
    var through: Int64?

    @Flag(help: "Fold nothing.")
    var full = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try chatstorage.validate(limit: limit ?? 0)
        guard limit == nil || !all else { throw ValidationError("Give either --limit or --all.") }
        guard through ?? 1 > 0 else { throw ValidationError("--through must be 1 or more.") }
    }

    func run() async throws {
        let id = ConversationID(id)
        let path: MessageQuery.Path = through.map { .through($0) } ?? (all && json ? .all : .current)
        let moment = try await store.withStorage(for: .reading, on: medium) { storage in
            try await ConversationMoment.read(
                id, on: path, limit: all ? nil : limit ?? 20, withForks: !json, from: storage)
        }
        guard let moment else { throw Failure.noConversation(id) }
        if json {
            try await Output.write(moment.conversation.json(with: moment.messages))
        } else {
            let transcript = Transcript(width: Output.columns, style: Output.style, folds: !full)
            try await Output.write(
                transcript.text(
                    of: moment.conversation, messages: moment.messages, isCut: moment.isCut, forks: moment.forks))
        }
    }
}
