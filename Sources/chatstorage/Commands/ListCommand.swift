import ArgumentParser
import ChatStorageCore
import ChatStorageJSON

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the conversations, most recently updated first.",
        discussion: """
            LAST is the number of the conversation's last message. On a terminal, long titles are cut to fit; times \
            are in your time zone.

            With --json: an array of {"conversation_id", "title", "created_at", "updated_at", "last_id"}, times in \
            UTC.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    // Unconditional, so that a negative number is refused as a number and not taken for an option.
    @Option(parsing: .unconditional, help: ArgumentHelp("How many at most.", valueName: "count"))
    var limit = 50

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try chatstorage.validate(limit: limit)
    }

    func run() async throws {
        let page = try await store.withStorage(for: .reading, on: medium) {
            try await $0.conversations(after: nil, limit: limit)
        }
        if json {
            try await Output.write(.array(page.items.map(\.json)))
            return
        }
        guard !page.items.isEmpty || limit == 0 else {
            try await Output.write("There are no conversations yet.\n")
            return
        }
        var table = Table([
            .init(title: "ID", minimumWidth: 8), .init(title: "TITLE", minimumWidth: 8),
            .init(title: "LAST", isNumber: true), .init(title: "UPDATED"),
        ])
        for conversation in page.items {
            table.add([
                conversation.id.rawValue, conversation.title ?? "", String(conversation.lastSequence),
                conversation.updatedAt.localMinute,
            ])
        }
        try await Output.write(table.text(width: Output.columns, style: Output.style))
        if page.next != nil {
            try await Output.write(Output.style.dim("There are more; --limit shows them.") + "\n")
        }
    }
}
