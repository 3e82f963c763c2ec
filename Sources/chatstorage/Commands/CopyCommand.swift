import ArgumentParser
import ChatStorageCore
import ChatStorageSupport
import ChatStorageTransfer

struct CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy a whole store, with all tenants, into another one.",
        discussion: """
            The store that --to names is made if it is not there. Each conversation is copied whole or not at all, with \
            everything: places, times, keys, branches, states, labels, metadata.

            A copy that was interrupted is run again: what is there and equal is skipped; what is there and differs is \
            counted and left as it is. At the end both stores are compared by their digests.

            The store is copied as it is at one moment. What others write to it afterwards is not added by another \
            copy, so stop them first, or copy into an empty store then. --schema and --pooler are about every PostgreSQL store that is named.

            Exit status: 0 when the stores are equal; 1 when they differ or something failed; 130 when interrupted.
            """)

    @OptionGroup(visibility: .private) var all: AllTenants
    @OptionGroup(visibility: .private) var location: StoreLocation

    @Option(help: ArgumentHelp("The store to copy from.", valueName: "url"))
    var from: String

    @Option(help: ArgumentHelp("The store to copy to.", valueName: "url"))
    var to: String

    func run() async throws {
        let progress = FileDescriptor.standardError.isTerminal
        let work = Task {
            try await place(from).withBackend(for: .reading, taking: .thoseOfStore) { source, roles in
                let wanted: StoreLocation.Roles = roles == .standard ? .thoseOfStore : .withTools
                return try await place(to).withBackend(for: .filling, taking: wanted) { target, _ in
                    try await StoreCopier(from: source, to: target).run { summary in
                        guard progress else { return }
                        await Output.error("\r\(Self.figures(summary))")
                    }
                }
            }
        }
        let interruption = Interruption { work.cancel() }
        let result = await work.result
        interruption.end()
        if progress { await Output.error("\n") }
        do {
            let summary = try result.get()
            try await Output.confirm(Self.text(of: summary))
            guard summary.isEqual else { throw Failure(nil) }
        } catch is CancellationError where interruption.happened {
            throw Failure("interrupted; run it again for the rest", status: interruption.status)
        }
    }

    /// The location of a store; the other options are those that were given.
    private func place(_ url: String) -> StoreLocation {
        var place = location
        place.store = url
        return place
    }

    private static func figures(_ summary: CopySummary) -> String {
        let done = summary.copied + summary.unchanged + summary.different
        return "\(done.counted("conversation")), \(summary.messages.counted("message"))"
    }

    private static func text(of summary: CopySummary) -> String {
        var text = "Copied \(summary.copied.counted("conversation")) with \(summary.messages.counted("message"))"
        if summary.unchanged > 0 {
            text += ", \(summary.unchanged.grouped) \(summary.unchanged == 1 ? "was" : "were") there already"
        }
        if summary.different > 0 {
            text += ", \(summary.different.grouped) \(summary.different == 1 ? "is" : "are") there with something else"
        }
        text += ".\n"
        guard let target = summary.target else { return text }
        return text
            + (summary.isEqual
                ? "Both stores have the digest \(target).\n"
                : "The stores differ: \(summary.source.conversations.counted("conversation")) and digest "
                    + "\(summary.source) there, \(target.conversations.counted("conversation")) and \(target) here.\n")
    }
}
