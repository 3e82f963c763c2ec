import ArgumentParser
import ChatStorageCore
import ChatStorageTransfer

struct LabelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Add labels to a conversation, or remove some.",
        usage: """
            chatstorage label [--store <url>] [--schema <name>] [--pooler] [--tenant <name>] [--json] \
            [--add <label> ...] [--remove <label> ...] <id> [+<label> ...] [-<label> ...]
            """,
        discussion: """
            After the id, a word with + in front adds a label, one with - removes a label. Options therefore go before \
            the id:

              chatstorage label --tenant ada trip +pinned -archived

            A conversation has up to 32 labels of 1 to 100 characters each. Adding one that it has, or removing one \
            that it lacks, changes nothing. Labels do not move the conversation in the list.

            With --json: the conversation, as list prints it.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium

    @Option(help: ArgumentHelp("A label to add.", valueName: "label"))
    var add: [String] = []

    @Option(help: ArgumentHelp("A label to remove.", valueName: "label"))
    var remove: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(help: "The conversation's id.")
    var id: String

    @Argument(help: ArgumentHelp("Labels to add, with + in front, or to remove, with -.", valueName: "labels"))
    var words: [String] = []

    func validate() throws {
        for word in words {
            guard word.hasPrefix("+") || word.hasPrefix("-") && !word.hasPrefix("--"), word.count > 1 else {
                throw ValidationError(
                    "A label to add has + in front, one to remove has -; options go before ID.")
            }
        }
        guard !added.isEmpty || !removed.isEmpty else {
            throw ValidationError("Give labels to add (+pinned) or to remove (-pinned).")
        }
        guard added.isDisjoint(with: removed) else {
            throw ValidationError("A label cannot be both added and removed.")
        }
    }

    private var added: Set<Label> { labels(add, "+") }
    private var removed: Set<Label> { labels(remove, "-") }

    private func labels(_ given: [String], _ sign: String) -> Set<Label> {
        Set((given + words.filter { $0.hasPrefix(sign) }.map { String($0.dropFirst()) }).map(Label.init(_:)))
    }

    func run() async throws {
        let id = ConversationID(id)
        var change = ConversationChange()
        for label in added { change = change.adding(label: label) }
        for label in removed { change = change.removing(label: label) }
        let conversation = try await store.withStorage(for: .changing) { [change] storage in
            guard let conversation = try await storage.updateConversation(id, change) else {
                throw Failure.noConversation(id)
            }
            return conversation
        }
        if json { return try await Output.confirm(conversation.json) }
        let labels = conversation.labels.sorted().map { TerminalText.line($0.rawValue) }
        let shown = labels.isEmpty ? "no labels" : "the labels \(labels.joined(separator: ", "))"
        try await Output.confirm("\(TerminalText.line(id.rawValue)) has \(shown).\n")
    }
}
