import ArgumentParser
import ChatStorageCore

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Delete conversations that were not updated since a time.",
        discussion: """
            Each is deleted completely, and only if it was not updated meanwhile. --without spares those with a label; \
            give it as often as needed:

              chatstorage prune --tenant ada --without pinned \\
                --updated-before 2026-01-01T00:00:00Z --dry-run

            With --dry-run it deletes nothing and counts what it would delete. Otherwise it prints what it deleted, \
            and how many conversations others created, changed or deleted meanwhile.

            With --json: {"conversations", "messages", "changed_meanwhile", "dry_run"}.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup(visibility: .private) var writable: WritableMedium

    @Option(
        help: ArgumentHelp(
            "Delete those last updated before this time (RFC 3339, with a zone).", valueName: "time"))
    var updatedBefore: String

    @Option(help: ArgumentHelp("Spare conversations with this label.", valueName: "label"))
    var without: [String] = []

    @Flag(help: "Delete nothing, and count what would be deleted.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        _ = try time
    }

    private var time: Timestamp {
        get throws {
            guard let time = Timestamp(updatedBefore) else {
                throw ValidationError("--updated-before \(Timestamp.problem(with: updatedBefore)).")
            }
            return time
        }
    }

    func run() async throws {
        let time = try time
        let labels = Set(without.map(Label.init(_:)))
        let count = try await store.withBackend(for: dryRun ? .reading : .changing) { backend in
            try await backend.deleteConversations(
                ofTenant: store.tenant, updatedBefore: time, without: labels, isDryRun: dryRun)
        }
        if json { return try await Output.confirm(count.json(isDryRun: dryRun)) }
        try await Output.confirm("\(count.sentence("deleted", isDryRun: dryRun)).\(count.changesSentence)\n")
    }
}
