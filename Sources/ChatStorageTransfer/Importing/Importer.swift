public import ChatStorageCore
import ChatStorageSupport

/// Stores the conversations of chat files, each one whole or not at all.
///
/// Importing a file again adds nothing. A conversation that exists is compared, never changed; what is
/// compared are its messages, not its title.
///
/// ```swift
/// let importer = Importer(storage: backend.tenant("user-42"))
/// let summary = try await importer.run(ChatFile(path: "chats.jsonl")) { event in
///     if case .invalid(let reason) = event.outcome { print("line \(event.line):", reason) }
/// }
/// print(summary.imported, "conversations,", summary.messages, "messages")
/// ```
public struct Importer: Sendable {
    /// How an import runs.
    public struct Configuration: Sendable {
        /// How many conversations are stored at once, 1 or more; by default 32, so that commits and round trips are
        /// shared.
        public var concurrentConversations = 32
        /// How many bytes the conversations that are stored at once have together; by default 16 MiB.
        ///
        /// A single conversation can have more; it is then stored alone.
        public var concurrentBytes = 16 << 20
        /// The time of conversations whose file knows no time; nil, as by default, takes the time when ``Importer/run``
        /// is called.
        public var importTime: Timestamp?

        /// The defaults.
        public init() {}
    }

    private let storage: any ChatStorage
    private let configuration: Configuration

    /// Makes an importer.
    ///
    /// - Parameters:
    ///   - storage: A tenant of a store that has been prepared.
    ///   - configuration: How imports run.
    public init(storage: any ChatStorage, configuration: Configuration = Configuration()) {
        self.storage = storage
        self.configuration = configuration
    }

    /// Imports a file.
    ///
    /// Conversations are stored while the following ones are read, many at once. Two of the same id are handled in the
    /// file's order.
    ///
    /// - Parameters:
    ///   - entries: A ``ChatFile``, or another sequence of its entries.
    ///   - report: Called for each conversation that is done, never twice at once; the import waits for it.
    /// - Returns: What was done.
    /// - Throws: ``ChatFileError`` when the file cannot be read; ``ChatStorageError`` when the storage fails in a way
    ///   that is not about one conversation; `CancellationError` when the task is cancelled. The conversations that are
    ///   being stored at that moment are finished and reported first.
    @discardableResult
    public func run<Entries: AsyncSequence>(
        _ entries: Entries, report: @escaping @Sendable (ImportEvent) async -> Void = { _ in }
    ) async throws -> ImportSummary where Entries.Element == ChatFile.Entry {
        let importTime = configuration.importTime ?? .now()
        let done = await withTaskGroup(of: StoredConversation.self) { group in
            var progress = ImportProgress(report: report)
            do {
                for try await entry in entries {
                    try Task.checkCancellation()
                    progress.bytesRead = entry.bytesRead
                    switch entry.content {
                    case .invalid(let reason):
                        await progress.report(line: entry.line, id: nil, .invalid(reason: reason))
                    case .conversation(let conversation):
                        while !progress.hasRoom(for: conversation, configuration), let stored = await group.next() {
                            await progress.end(stored)
                        }
                        try progress.throwFailure()
                        progress.begin(conversation)
                        group.addTask {
                            await store(conversation, line: entry.line, importTime: importTime)
                        }
                    }
                }
                // Some sequences end when the task is cancelled instead of throwing.
                try Task.checkCancellation()
            } catch {
                progress.failure = progress.failure ?? error
            }
            while let stored = await group.next() { await progress.end(stored) }
            return progress
        }
        try done.throwFailure()
        return done.summary
    }

    /// Stores one conversation; a cancelled import waits for it, so that what is reported is what happened.
    private func store(
        _ conversation: ArchivedConversation, line: Int, importTime: Timestamp
    ) async -> StoredConversation {
        let task = Task { () async throws -> ImportOutcome in
            do {
                try await storage.restoreConversation(conversation.snapshot(importTime: importTime))
                return .imported(messages: conversation.messages.count)
            } catch let error as ChatStorageError {
                switch error.code {
                case .conversationExists:
                    return try await isStored(conversation) ? .unchanged : .different
                case .invalidArgument, .invalidRole:
                    return .invalid(reason: error.message)
                default: throw error
                }
            }
        }
        return StoredConversation(
            line: line, id: conversation.id, byteCount: conversation.byteCount, outcome: await task.result)
    }

    private func isStored(_ conversation: ArchivedConversation) async throws -> Bool {
        var stored = storage.allMessages(of: conversation.id).makeAsyncIterator()
        for message in conversation.messages {
            guard let other = try await stored.next(), message.role == other.role,
                message.createdAt == nil || message.createdAt == other.createdAt,
                message.content.hasSameUTF8(as: other.content)
            else { return false }
        }
        return try await stored.next() == nil
    }
}

/// What storing a conversation came to.
private struct StoredConversation: Sendable {
    let line: Int
    let id: ConversationID
    let byteCount: Int
    let outcome: Result<ImportOutcome, any Error>
}

/// What is being stored and what has been.
private struct ImportProgress {
    let report: @Sendable (ImportEvent) async -> Void
    var failure: (any Error)?
    var bytesRead: Int64 = 0
    private(set) var summary = ImportSummary()
    private var storing: Set<ConversationID> = []
    private var storingBytes = 0

    init(report: @escaping @Sendable (ImportEvent) async -> Void) {
        self.report = report
    }

    func hasRoom(for conversation: ArchivedConversation, _ configuration: Importer.Configuration) -> Bool {
        guard !storing.isEmpty else { return true }
        return storing.count < configuration.concurrentConversations
            && storingBytes + conversation.byteCount <= configuration.concurrentBytes
            && !storing.contains(conversation.id)
    }

    mutating func begin(_ conversation: ArchivedConversation) {
        storing.insert(conversation.id)
        storingBytes += conversation.byteCount
    }

    mutating func end(_ stored: StoredConversation) async {
        storing.remove(stored.id)
        storingBytes -= stored.byteCount
        switch stored.outcome {
        case .success(let outcome): await report(line: stored.line, id: stored.id, outcome)
        case .failure(let error): failure = failure ?? error
        }
    }

    mutating func report(line: Int, id: ConversationID?, _ outcome: ImportOutcome) async {
        summary.count(outcome)
        summary.bytesRead = bytesRead
        await report(ImportEvent(line: line, conversationID: id, outcome: outcome, summary: summary))
    }

    func throwFailure() throws {
        if let failure { throw failure }
    }
}
