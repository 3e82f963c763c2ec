import ArgumentParser
import ChatStorageCore
import ChatStorageSupport
import ChatStorageTransfer

struct CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy a whole store, with all tenants, into another one.",
        discussion: """
              chatstorage copy --from sqlite:chat.db --to postgres://db.example.com/chats

            The store that --to names is made if it is not there. Each conversation is copied whole or not at all, with \
            everything: places, times, keys, branches, states, labels, metadata.

            Run an interrupted copy again: it skips conversations that are there and equal. It lists those that are \
            there and differ, and leaves them, or replaces them with --replace. At the end it compares both stores by \
            their digests.

            The store is copied as it is at one moment; with a rollback journal or on Citus, only each conversation \
            is. To move a store that is in use, copy it, stop its writers, and copy it again with --replace. What was \
            deleted in between stays in the copy, and the digests differ.

            The new store is made to take the roles that the old one takes. --schema and --pooler are about every \
            PostgreSQL store that is named.

            Exit status: 0 when the stores are equal; 1 when they differ or something failed; 130 when interrupted.
            """)

    @OptionGroup(visibility: .private) var all: AllTenants
    @OptionGroup(visibility: .private) var location: StoreLocation
    @OptionGroup var medium: MediumOptions

    @Option(help: ArgumentHelp("The store to copy from.", valueName: "url"))
    var from: String

    @Option(help: ArgumentHelp("The store to copy to.", valueName: "url"))
    var to: String

    @Flag(help: "Replace conversations that are there and differ.")
    var replace = false

    func run() async throws {
        let progress = FileDescriptor.standardError.isTerminal
        var configuration = StoreCopier.Configuration()
        configuration.replacesDifferent = replace
        let work = Task {
            try await place(from).withBackend(for: .reading, taking: .thoseOfStore, on: medium) { source, roles in
                let wanted: StoreLocation.Roles = roles == .standard ? .thoseOfStore : .withTools
                return try await place(to).withBackend(for: .filling, taking: wanted) { target, _ in
                    let copier = StoreCopier(from: source, to: target, configuration: configuration)
                    return try await copier.run { await Self.show($0, progress: progress) }
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
        } catch let error as MissingStore {
            // An empty store to copy from would help nobody.
            throw Failure("\(error)")
        } catch is CancellationError where interruption.happened {
            throw Failure("interrupted; run it again for the rest", status: interruption.status)
        }
    }

    /// The location of a store; the other options are those that were given.
    private func place(_ url: String) -> StoreLocation {
        var place = location
        place.store = url
        // --schema and --pooler are about the other store, if only that one is PostgreSQL's.
        let isPostgres = [from, to].map { (try? StoreURL($0))?.postgresURI != nil }
        if isPostgres.contains(true), (try? StoreURL(url))?.postgresURI == nil {
            (place.schema, place.pooler) = (nil, false)
        }
        return place
    }

    /// Names a conversation that differs, and says how far the copy is.
    private static func show(_ event: CopyEvent, progress: Bool) async {
        let summary = event.summary
        var text = ""
        if event.outcome == .different, summary.different <= mostNamed {
            let tenant = event.tenant.map { " of tenant \($0)" } ?? ""
            text = TerminalText.line("different: conversation \(event.conversationID.rawValue)\(tenant)") + "\n"
            if summary.different == mostNamed { text += "Further ones are only counted.\n" }
        }
        guard progress else { return text.isEmpty ? () : await Output.error(text) }
        let done = summary.copied + summary.unchanged + summary.replaced + summary.different
        await Output.error(
            "\r\u{1B}[K\(text)\(done.counted("conversation")), \(summary.messages.counted("message"))")
    }

    private static let mostNamed = 100

    private static func text(of summary: CopySummary) -> String {
        var text =
            "Copied \((summary.copied + summary.replaced).counted("conversation")) with \(summary.messages.counted("message"))"
        if summary.replaced > 0 {
            text += " (\(summary.replaced.grouped) replaced what was there)"
        }
        if summary.unchanged > 0 {
            text += ", \(summary.unchanged.grouped) \(summary.unchanged == 1 ? "was" : "were") there already"
        }
        if summary.different > 0 {
            text += ", \(summary.different.grouped) \(summary.different == 1 ? "is" : "are") there with other content"
        }
        text += ".\n"
        guard let target = summary.target else { return text }
        return text
            + (summary.isEqual
                ? "Both stores have the digest \(target).\n"
                : "The stores differ. Source: \(summary.source.conversations.counted("conversation")), digest "
                    + "\(summary.source). Target: \(target.conversations.counted("conversation")), digest \(target).\n")
    }
}
