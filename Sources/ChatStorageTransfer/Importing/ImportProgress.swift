import ChatStorageCore

/// What is being stored and what has been, reported in the file's order.
struct ImportProgress {
    /// How many entries may wait for an earlier one to end; beyond that, a slow conversation holds up reading.
    private static let mostUnreported = 1000

    /// An entry that is not reported yet.
    private struct Entry {
        let line: Int
        let element: Int?
        let byte: Int64
        let id: ConversationID?
        let leftOut: Set<String>
        var mended: [Mending: Int] = [:]
        /// Nil while it is being stored.
        var end: End?
    }

    private enum End {
        case outcome(ImportOutcome)
        /// The import's own failure; there is nothing to report about the entry.
        case failure
    }

    private let report: @Sendable (ImportEvent) async -> Void
    var failure: (any Error)?
    private(set) var summary = ImportSummary()
    private var storing: Set<ConversationID> = []
    private var storingBytes = 0
    /// The entries from number `reported` on.
    private var entries: [Int: Entry] = [:]
    private var begun = 0
    private var reported = 0

    init(report: @escaping @Sendable (ImportEvent) async -> Void) {
        self.report = report
    }

    func hasRoom(for entry: ChatFile.Entry, _ configuration: Importer.Configuration) -> Bool {
        guard !storing.isEmpty else { return true }
        guard entries.count < Self.mostUnreported else { return false }
        guard case .conversation(let conversation) = entry.content else { return true }
        return storing.count < configuration.concurrentConversations
            && storingBytes + conversation.byteCount <= configuration.concurrentBytes
            && !storing.contains(conversation.id)
    }

    /// Takes an entry in, and gives it a number.
    mutating func begin(_ entry: ChatFile.Entry) -> Int {
        defer { begun += 1 }
        summary.bytesRead = entry.bytesRead
        var (id, leftOut) = (entry.id, Set<String>())
        if case .conversation(let conversation) = entry.content {
            storing.insert(conversation.id)
            storingBytes += conversation.byteCount
            (id, leftOut) = (conversation.id, conversation.leftOut)
        }
        entries[begun] = Entry(line: entry.line, element: entry.element, byte: entry.byte, id: id, leftOut: leftOut)
        return begun
    }

    mutating func end(_ stored: StoredConversation) async {
        storing.remove(stored.id)
        storingBytes -= stored.byteCount
        entries[stored.number]?.mended = stored.mended
        switch stored.outcome {
        case .success(let outcome): await end(stored.number, .outcome(outcome))
        case .failure(let error):
            failure = failure ?? error
            await end(stored.number, .failure)
        }
    }

    /// Ends an entry that is not stored.
    mutating func end(_ number: Int, _ outcome: ImportOutcome) async {
        await end(number, .outcome(outcome))
    }

    private mutating func end(_ number: Int, _ end: End) async {
        entries[number]?.end = end
        while let entry = entries[reported], let end = entry.end {
            entries[reported] = nil
            reported += 1
            guard case .outcome(let outcome) = end else { continue }
            summary.count(outcome)
            if outcome.isInStore {
                summary.countLeftOut(entry.leftOut)
                summary.countMended(entry.mended)
            }
            await report(
                ImportEvent(
                    line: entry.line, element: entry.element, byte: entry.byte, conversationID: entry.id,
                    outcome: outcome, summary: summary))
        }
    }

    func throwFailure() throws {
        if let failure { throw failure }
    }
}

/// The result of storing a conversation.
struct StoredConversation: Sendable {
    let number: Int
    let id: ConversationID
    let byteCount: Int
    /// What was mended in it, by its reader and after.
    let mended: [Mending: Int]
    let outcome: Result<ImportOutcome, any Error>
}

extension ImportOutcome {
    /// Whether the conversation is in the store as the file has it.
    fileprivate var isInStore: Bool {
        switch self {
        case .imported, .unchanged: true
        case .different, .invalid, .failed, .fileDamaged: false
        }
    }
}
