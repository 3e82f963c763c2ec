import ArgumentParser
import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport
import ChatStorageTransfer

struct UnfinishedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unfinished", abstract: "List answers under way that nobody writes any more, or end them.",
        discussion: """
            By default a live writer writes at least every 15 seconds. An answer that nobody has written for a minute \
            has lost its writer: the program ended, or lost the store. What was written stays, marked as streaming \
            until you end it:

              chatstorage unfinished --end failed

            Answers of all tenants are listed, sorted by the bytes of tenant names and conversation ids. One that is \
            written meanwhile is not ended.

            With --json: an array of messages as show prints them, each with its "tenant", null for the one without a \
            name. If there are more than --limit, standard error says so. With --end: how many were ended, a number.
            """)

    /// How an answer can end here: nobody knows whether it is complete.
    enum End: String, ExpressibleByArgument, CaseIterable {
        case failed, stopped

        var state: MessageState { self == .failed ? .failed : .stopped }
    }

    @OptionGroup var store: StoreLocation
    @OptionGroup var medium: MediumOptions
    @OptionGroup(visibility: .private) var all: AllTenants

    // Unconditional, so that a negative number is refused as a number and not taken for an option.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Only answers that nobody has written for this long, by the store's clock.", valueName: "seconds"))
    var notRevisedFor = 60

    @Option(help: ArgumentHelp("End them all, as failed or as stopped.", valueName: "state"))
    var end: End?

    @Option(parsing: .unconditional, help: ArgumentHelp("How many are listed (default: 50).", valueName: "count"))
    var limit: Int?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try chatstorage.validate(limit: limit ?? 0)
        // At most a hundred years, so that no clock overflows.
        guard (0...3_155_760_000).contains(notRevisedFor) else {
            throw ValidationError("--not-revised-for is from 0 to 3155760000 seconds.")
        }
        guard limit == nil || end == nil else { throw ValidationError("--end ends all of them: leave --limit out.") }
    }

    func run() async throws {
        let duration = Duration.seconds(notRevisedFor)
        if let end {
            let count = try await store.withBackend(for: .changing, on: medium) {
                try await $0.endUnfinishedMessages(notRevisedFor: duration, as: end.state)
            }
            if json { return try await Output.confirm(.integer(Int64(count))) }
            return try await Output.confirm("Ended \(count.counted("answer")) as \(end.rawValue).\n")
        }
        let limit = limit ?? 50
        let page = try await store.withBackend(for: .reading, on: medium) {
            try await $0.unfinishedMessages(UnfinishedQuery(notRevisedFor: duration, limit: limit))
        }
        if json { return try await Output.write(.array(page.items.map(\.json)), hasMore: page.next != nil) }
        guard !page.items.isEmpty || limit == 0 else {
            return try await Output.write("There are no such answers.\n")
        }
        try await Output.write(Self.table(of: page.items).text(width: Output.columns, style: Output.style))
        if page.next != nil { try await Output.write(Output.style.dim(Output.more) + "\n") }
    }

    static func table(of answers: [UnfinishedMessage]) -> Table {
        var table = Table([
            .init(title: "TENANT", minimumWidth: 6), .init(title: "CONVERSATION", minimumWidth: 6),
            .init(title: "MESSAGE", isNumber: true), .init(title: "WRITTEN"),
            .init(title: "BEGINNING", minimumWidth: 10, canBeLeftOut: true, shrinksFirst: true),
        ])
        for answer in answers {
            let message = answer.message
            table.add([
                answer.tenant ?? "(default)", message.conversationID.rawValue, String(message.sequence),
                (message.revisedAt ?? message.createdAt).localMinute,
                message.content.prefix(scalars: 120),
            ])
        }
        return table
    }
}

extension UnfinishedMessage {
    fileprivate var json: JSONOutput {
        .object([("tenant", .string(orNull: tenant))] + message.members)
    }
}
