import ArgumentParser
import ChatStorageCore
import ChatStorageJSON

struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove messages of a conversation for good.",
        discussion: """
            Give up to 1,000 numbers of messages; those that are not there are ignored. What followed a removed \
            message then follows the one before it. --from removes a message and everything that follows it, on all \
            branches; if the current path led through it, the path then ends with what it followed:

              chatstorage remove trip 7 8
              chatstorage remove --from 7 trip

            Numbers of removed messages are not used again. To remove all messages, use clear.

            With --json: how many were removed, a number.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Remove this message and everything that follows it.", valueName: "number"))
    var from: Int64?

    @Argument(help: "The conversation's id.")
    var id: String

    @Argument(help: ArgumentHelp("The numbers of the messages.", valueName: "number"))
    var sequences: [Int64] = []

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (from == nil) != sequences.isEmpty else {
            throw ValidationError("Give either the numbers of messages or --from.")
        }
        guard (sequences + [from ?? 1]).allSatisfy({ $0 > 0 }) else {
            throw ValidationError("A message's number is 1 or more.")
        }
        guard sequences.count <= 1_000 else { throw ValidationError("Give at most 1,000 messages at once.") }
    }

    func run() async throws {
        let id = ConversationID(id)
        let selection: MessageRemoval.Selection = from.map { .from($0) } ?? .messages(sequences)
        let removed = try await store.withStorage(for: .changing) { storage in
            let removed = try await storage.removeMessages(MessageRemoval(selection, of: id))
            guard removed == 0 else { return removed }
            guard try await storage.conversation(id) != nil else { throw Failure.noConversation(id) }
            guard sequences.count > 1 else { throw Failure.noMessage(from ?? sequences[0], of: id) }
            throw Failure("\(TerminalText.line(id.rawValue)) has none of these messages")
        }
        if json { return try await Output.confirm(.integer(Int64(removed))) }
        let missing = from == nil ? Set(sequences).count - removed : 0
        let others = missing > 0 ? " \(missing.grouped) \(missing == 1 ? "was" : "were") not there." : ""
        try await Output.confirm("Removed \(removed.counted("message")).\(others)\n")
    }
}
