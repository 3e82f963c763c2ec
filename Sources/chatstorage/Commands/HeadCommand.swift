import ArgumentParser
import ChatStorageCore
import ChatStorageJSON
import ChatStorageTransfer

struct HeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head", abstract: "Choose the message that a conversation's current path ends with.",
        discussion: """
            show, history and the app then show the path to that message, and the next message follows it. 0 stands \
            for the beginning, before all messages. With --branch the path ends with the newest message under the \
            given one: use it to show another branch, or to return to one.

              chatstorage head trip 7
              chatstorage head --branch 9 trip

            Nothing is removed, and the conversation does not move in the list.

            With --json: the conversation, as list prints it.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The message whose newest descendant ends the path.", valueName: "number"))
    var branch: Int64?

    @Argument(help: "The conversation's id.")
    var id: String

    @Argument(help: ArgumentHelp("The number of the message that ends the path, or 0.", valueName: "number"))
    var sequence: Int64?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (branch == nil) != (sequence == nil) else {
            throw ValidationError("Give either the number of a message or --branch.")
        }
        guard sequence ?? 0 >= 0 else { throw ValidationError("A message's number is 0 or more.") }
        guard branch ?? 1 > 0 else { throw ValidationError("--branch must be 1 or more.") }
    }

    func run() async throws {
        let id = ConversationID(id)
        let change: ConversationChange = sequence.map { .head($0) } ?? .show(branch: branch ?? 0)
        let conversation = try await store.withStorage(for: .changing) { storage in
            do {
                guard let conversation = try await storage.updateConversation(id, change) else {
                    throw Failure.noConversation(id)
                }
                return conversation
            } catch let error as ChatStorageError where error.code == .messageNotFound {
                throw Failure.noMessage(sequence ?? branch ?? 0, of: id)
            }
        }
        if json { return try await Output.confirm(conversation.json) }
        let end =
            switch conversation.head {
            case nil: "its newest message"
            case 0: "no message: the next one is a new beginning"
            case let head?: "message \(head)"
            }
        try await Output.confirm("The path of \(TerminalText.line(id.rawValue)) ends with \(end).\n")
    }
}
