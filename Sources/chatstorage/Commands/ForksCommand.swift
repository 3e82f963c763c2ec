import ArgumentParser
import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport
import ChatStorageTransfer

struct ForksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forks", abstract: "List where a conversation has branched.",
        discussion: """
            A fork is a message that several others follow, or the beginning, 0. Each of those others begins a branch \
            and has a line: the fork, the branch's first message, its newest, and the beginning of the first one's \
            text. * marks the branch on the current path. To show another branch, give its first message:

              chatstorage head --branch 9 trip

            With --json: an array of {"after", "successors": [{"id", "newest_end"}]}. If there are more than --limit, \
            standard error says so.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    // Unconditional, so that a negative number is refused as a number and not taken for an option.
    @Option(parsing: .unconditional, help: ArgumentHelp("How many forks at most.", valueName: "count"))
    var limit = 50

    @Argument(help: "The conversation's id.")
    var id: String

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try chatstorage.validate(limit: limit)
    }

    func run() async throws {
        let id = ConversationID(id)
        let (forks, hasMore, branches) = try await store.withStorage(for: .reading, on: medium) { storage in
            guard let conversation = try await storage.conversation(id) else { throw Failure.noConversation(id) }
            let forks = try await storage.forks(of: id)
            let shown = Array(forks.prefix(limit))
            let branches = json ? [] : try await Branch.all(of: shown, in: conversation, of: storage)
            return (shown, forks.count > limit, branches)
        }
        if json { return try await Output.write(.array(forks.map(\.json)), hasMore: hasMore) }
        guard !forks.isEmpty || limit == 0 else {
            return try await Output.write("There are no forks.\n")
        }
        var table = Table([
            .init(title: "AFTER", isNumber: true), .init(title: "BRANCH", isNumber: true), .init(title: ""),
            .init(title: "NEWEST", isNumber: true),
            .init(title: "BEGINNING", minimumWidth: 10, canBeLeftOut: true, shrinksFirst: true),
        ])
        for branch in branches {
            table.add([
                String(branch.predecessor), String(branch.first), branch.isCurrent ? "*" : "", String(branch.newestEnd),
                branch.beginning,
            ])
        }
        try await Output.write(table.text(width: Output.columns, style: Output.style))
        if hasMore { try await Output.write(Output.style.dim(Output.more) + "\n") }
    }
}

/// A branch as it is listed.
private struct Branch: Sendable {
    /// How many scalars of the first message a line has.
    private static let beginningScalars = 120
    /// How many messages are looked up at once; each can be large.
    private static let lookup = 50

    let predecessor: Int64
    let first: Int64
    let newestEnd: Int64
    /// Whether the current path goes along it.
    let isCurrent: Bool
    /// The beginning of its first message; empty if that was removed meanwhile.
    let beginning: String

    /// The branches of forks, with what their first messages say.
    static func all(
        of forks: [Fork], in conversation: Conversation, of storage: any ChatStorage
    ) async throws -> [Branch] {
        let id = conversation.id
        var current: Set<Int64> = []
        for fork in forks {
            if let next = try await next(after: fork.after, of: id, in: storage) { current.insert(next) }
        }
        let sequences = forks.flatMap { $0.successors.map(\.sequence) }
        var beginnings: [Int64: String] = [:]
        for start in stride(from: 0, to: sequences.count, by: lookup) {
            let some = Array(sequences[start..<min(start + lookup, sequences.count)])
            for message in try await storage.messages(MessageQuery(of: id, .sequences(some))).items {
                let text = message.content.prefix(scalars: beginningScalars)
                beginnings[message.sequence] = "\(message.role.rawValue): \(text)"
            }
        }
        return forks.flatMap { fork in
            fork.successors.map { successor in
                Branch(
                    predecessor: fork.after, first: successor.sequence, newestEnd: successor.newestEnd,
                    isCurrent: current.contains(successor.sequence), beginning: beginnings[successor.sequence] ?? "")
            }
        }
    }

    /// The message that follows another on the current path; nil if the other is not on that path, or ends it.
    private static func next(
        after sequence: Int64, of id: ConversationID, in storage: any ChatStorage
    ) async throws -> Int64? {
        do {
            return try await storage.messages(MessageQuery(of: id, .after(sequence), limit: 1)).items.first?.sequence
        } catch let error as ChatStorageError where error.code == .conflict {
            return nil
        }
    }
}
