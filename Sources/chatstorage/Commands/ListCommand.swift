import ArgumentParser
import ChatStorageCore
import ChatStorageJSON
import ChatStorageTransfer

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the conversations, most recently updated first.",
        discussion: """
            LAST is the highest number of a message so far, UNREAD how many come after the last read one, PREVIEW the \
            beginning of the newest message with a text. LABELS and UNREAD are shown if there are any. On a terminal, \
            long texts are cut to fit, and columns that do not fit are left out; times are in your time zone.

            --with and --without can be given several times: listed conversations have all labels of --with and none \
            of --without.

            With --json: an array of {"conversation_id", "title", "created_at", "updated_at", "last_id", \
            "message_count", "read_through", "cleared_through", "labels", "metadata"}, times in UTC, and "preview": \
            {"id", "role", "created_at", "text"} if a message has a text, with its "state" unless it is complete. A \
            conversation that has branched has "is_branched", and "head" if its current path does not end with the \
            newest message. If there are more than --limit, standard error says so.
            """)

    /// How many scalars of a message are shown at most.
    private static let previewScalars = 120

    @OptionGroup var store: StoreOptions
    @OptionGroup var medium: MediumOptions

    // Unconditional, so that a negative number is refused as a number and not taken for an option.
    @Option(parsing: .unconditional, help: ArgumentHelp("How many at most.", valueName: "count"))
    var limit = 50

    @Option(help: ArgumentHelp("Only conversations with this label.", valueName: "label"))
    var with: [String] = []

    @Option(help: ArgumentHelp("Only conversations without this label.", valueName: "label"))
    var without: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try chatstorage.validate(limit: limit)
    }

    func run() async throws {
        let isFiltered = !with.isEmpty || !without.isEmpty
        let (conversations, hasMore, isElsewhere) = try await store.withBackend(for: .reading, on: medium) { backend in
            let (found, hasMore) = try await page(of: backend.storage(of: store.tenant))
            let mayBeElsewhere = found.isEmpty && store.tenant == nil && !isFiltered && !json && limit > 0
            return (found, hasMore, mayBeElsewhere ? await Self.hasTenants(backend) : false)
        }
        if json { return try await Output.write(.array(conversations.map(\.json)), hasMore: hasMore) }
        guard !conversations.isEmpty || limit == 0 else {
            try await Output.write(
                isFiltered ? "There are no such conversations.\n" : "There are no conversations yet.\n")
            if isElsewhere {
                await Output.error("Other tenants have some: `chatstorage tenants` lists them, --tenant names one.\n")
            }
            return
        }
        try await Output.write(Self.table(of: conversations).text(width: Output.columns, style: Output.style))
        if hasMore { try await Output.write(Output.style.dim(Output.more) + "\n") }
    }

    /// Whether any tenant has conversations; false if that cannot be read.
    private static func hasTenants(_ backend: any ChatStorageBackend) async -> Bool {
        (try? await backend.tenants(TenantQuery(limit: 1)).items.isEmpty) == false
    }

    /// Reads conversations up to the limit, from several pages if necessary: one filtered by labels can be short.
    private func page(of storage: any ChatStorage) async throws -> ([Conversation], hasMore: Bool) {
        var query = ConversationQuery(
            limit: limit, with: Set(with.map(Label.init(_:))), without: Set(without.map(Label.init(_:))),
            preview: Self.previewScalars)
        var conversations: [Conversation] = []
        while true {
            let page = try await storage.conversations(query)
            conversations += page.items
            query.cursor = page.next
            query.limit = limit - conversations.count
            guard query.limit > 0, page.next != nil else { return (conversations, page.next != nil) }
            try Task.checkCancellation()
        }
    }

    static func table(of conversations: [Conversation]) -> Table {
        let hasLabels = conversations.contains { !$0.labels.isEmpty }
        let hasUnread = conversations.contains(where: \.hasUnread)
        var columns: [Table.Column] = [
            .init(title: "ID", minimumWidth: 8), .init(title: "TITLE", minimumWidth: 8),
        ]
        if hasLabels { columns.append(.init(title: "LABELS", minimumWidth: 8, canBeLeftOut: true, shrinksFirst: true)) }
        columns.append(.init(title: "LAST", isNumber: true))
        if hasUnread { columns.append(.init(title: "UNREAD", isNumber: true, canBeLeftOut: true)) }
        columns.append(.init(title: "UPDATED"))
        columns.append(.init(title: "PREVIEW", minimumWidth: 10, canBeLeftOut: true, shrinksFirst: true))
        var table = Table(columns)
        for conversation in conversations {
            var cells = [conversation.id.rawValue, conversation.title ?? ""]
            if hasLabels { cells.append(conversation.labels.sorted().map(\.rawValue).joined(separator: ", ")) }
            cells.append(String(conversation.lastSequence))
            if hasUnread { cells.append(conversation.hasUnread ? String(conversation.unread) : "") }
            cells.append(conversation.updatedAt.localMinute)
            cells.append(conversation.preview?.text ?? "")
            table.add(cells)
        }
        return table
    }
}

extension Conversation {
    /// How many sequences are after the last that was read.
    var unread: Int64 { (head ?? lastSequence) - readThrough }
}
