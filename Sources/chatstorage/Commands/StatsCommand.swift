import ArgumentParser
import ChatStorageCore
import ChatStorageJSON

struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Count the conversations and messages of the tenant.",
        discussion: """
            Reads all messages of all branches, page by page, which takes a while if there are many.

            With --json: {"conversations", "messages", "bytes", "roles": {...}, "longest": {"conversation_id", \
            "messages"}, "first_at", "last_at", "other_tenants"}, with null where there is nothing.

            other_tenants is how many other tenants have conversations, including the default one.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let statistics = try await store.withBackend(for: .reading, on: medium) { backend in
            try await Statistics(of: store.tenant, in: backend)
        }
        if json {
            try await Output.write(statistics.json)
        } else {
            try await Output.write(statistics.text(width: Output.columns, style: Output.style))
        }
    }
}
