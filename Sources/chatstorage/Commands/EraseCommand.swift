import ArgumentParser
import ChatStorageCore

struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Delete all conversations of a tenant.",
        discussion: """
            Name the tenant with --tenant, or with --default-tenant for the one without a name. Its conversations are \
            deleted one by one, each completely, until none is found. What a client begins to write meanwhile may \
            survive, so lock the user out first. If an erasure fails or is interrupted, it has deleted only some; run \
            it again.

            With --dry-run it deletes nothing and counts what it would delete. Otherwise it prints what it deleted, \
            and how many conversations others created, changed or deleted meanwhile.

            With --json: {"conversations", "messages", "changed_meanwhile", "dry_run"}.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium

    @Flag(help: "The tenant without a name.")
    var defaultTenant = false

    @Flag(help: "Delete nothing, and count what would be deleted.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (store.tenant == nil) == defaultTenant else {
            throw ValidationError(
                "Name the tenant: either --tenant or, for the one without a name, --default-tenant.")
        }
    }

    func run() async throws {
        let count = try await store.withBackend(for: dryRun ? .reading : .changing) { backend in
            try await backend.eraseTenant(store.tenant, isDryRun: dryRun)
        }
        if json { return try await Output.confirm(count.json(isDryRun: dryRun)) }
        let owner = store.tenant.map { "the tenant \(TerminalText.line($0))" } ?? "the tenant without a name"
        try await Output.confirm("\(count.sentence("erased", isDryRun: dryRun)) of \(owner).\(count.changesSentence)\n")
    }
}
