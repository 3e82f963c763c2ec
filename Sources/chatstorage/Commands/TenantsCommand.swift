import ArgumentParser
import ChatStorageCore
import ChatStorageJSON

struct TenantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenants", abstract: "List the tenants that have conversations, with counts.",
        discussion: """
            They are sorted by their names' bytes; the tenant without a name, (default), comes first.

            With --json: an array of {"tenant", "conversations", "messages"}; the tenant without a name is null. If \
            there are more than --limit, standard error says so.
            """)

    @OptionGroup var store: StoreLocation
    @OptionGroup var medium: MediumOptions
    @OptionGroup(visibility: .private) var all: AllTenants

    // Unconditional, so that a negative number is refused as a number and not taken for an option.
    @Option(parsing: .unconditional, help: ArgumentHelp("How many at most.", valueName: "count"))
    var limit = 50

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try chatstorage.validate(limit: limit)
    }

    func run() async throws {
        let page = try await store.withBackend(for: .reading, on: medium) {
            try await $0.tenants(TenantQuery(limit: limit))
        }
        if json {
            return try await Output.write(.array(page.items.map(\.json)), hasMore: page.next != nil)
        }
        guard !page.items.isEmpty || limit == 0 else {
            try await Output.write("There are no conversations yet.\n")
            return
        }
        var table = Table([
            .init(title: "TENANT", minimumWidth: 8), .init(title: "CONVERSATIONS", isNumber: true),
            .init(title: "MESSAGES", isNumber: true),
        ])
        for tenant in page.items {
            table.add([tenant.name ?? "(default)", tenant.conversations.grouped, tenant.messages.grouped])
        }
        try await Output.write(table.text(width: Output.columns, style: Output.style))
        if page.next != nil { try await Output.write(Output.style.dim(Output.more) + "\n") }
    }
}

extension TenantSummary {
    fileprivate var json: JSONOutput {
        .object([
            ("tenant", .string(orNull: name)), ("conversations", .integer(Int64(conversations))),
            ("messages", .integer(Int64(messages))),
        ])
    }
}
