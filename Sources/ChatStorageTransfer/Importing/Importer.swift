public import ChatStorageCore
import ChatStorageSupport

/// Stores the conversations of chat files, each one whole or not at all.
///
/// Importing a file again adds nothing. A conversation of a lenient ``ChatFile`` is mended before it is stored, see
/// ``Leniency``. A conversation that exists in the store is compared, never changed: by its messages' roles, parts,
/// states, times, places and predecessors, not by its title, labels, metadata and head.
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
        /// The time of conversations whose file knows no time; nil, as by default, takes the time when
        /// ``Importer/run(_:report:)`` is called.
        public var importTime: Timestamp?

        /// The defaults.
        public init() {}
    }

    /// Where a conversation goes; nil if it belongs to a tenant, and only one handle is there.
    private let storage: @Sendable (ArchivedConversation) -> (any ChatStorage)?
    private let configuration: Configuration
    private let prepare: @Sendable () async throws -> Void

    /// Makes an importer.
    ///
    /// - Parameters:
    ///   - storage: A tenant of a store that has been prepared. Conversations of an archive of a whole store are
    ///     ``ImportOutcome/invalid(reason:)``, since they belong to tenants.
    ///   - configuration: How imports run.
    public init(storage: any ChatStorage, configuration: Configuration = Configuration()) {
        self.init(storage: storage, configuration: configuration, prepare: {})
    }

    /// Makes an importer of archives of a whole store: each conversation goes to its tenant.
    ///
    /// Conversations of other files go to the default tenant.
    ///
    /// - Parameters:
    ///   - backend: A store that has been prepared.
    ///   - configuration: How imports run.
    public init(backend: any ChatStorageBackend, configuration: Configuration = Configuration()) {
        self.init(backend: backend, configuration: configuration, prepare: {})
    }

    /// The same, and the store is prepared before the first conversation is stored.
    package init(
        backend: any ChatStorageBackend, configuration: Configuration = Configuration(),
        prepare: @escaping @Sendable () async throws -> Void
    ) {
        storage = { $0.tenant.map { backend.tenant($0) } ?? backend.defaultTenant }
        self.configuration = configuration
        self.prepare = prepare
    }

    /// Makes an importer that prepares the store before it stores the first conversation.
    ///
    /// - Parameter prepare: Prepares the store; each import that finds a conversation calls it once.
    package init(
        storage: any ChatStorage, configuration: Configuration = Configuration(),
        prepare: @escaping @Sendable () async throws -> Void
    ) {
        self.storage = { $0.isOfWholeStore || $0.tenant != nil ? nil : storage }
        self.configuration = configuration
        self.prepare = prepare
    }

    /// Imports a file.
    ///
    /// Conversations are stored while the following ones are read, many at once. Two of the same id are handled in the
    /// file's order.
    ///
    /// - Parameters:
    ///   - entries: A ``ChatFile``, or another sequence of its entries.
    ///   - report: Called for each conversation that is done, in the file's order and never twice at once; the import
    ///     waits for it.
    /// - Returns: What was done. One conversation that the storage cannot write or read, such as a damaged one, is
    ///   ``ImportOutcome/failed(reason:)`` and does not affect the others.
    /// - Throws: ``ChatFileError`` when the file cannot be read; `ChatStorageError` when the storage fails in a way
    ///   that is not about one conversation, such as `unavailable`; `CancellationError` when the task is cancelled. The
    ///   conversations that are being stored at that moment are finished and reported first.
    @discardableResult
    public func run<Entries: AsyncSequence>(
        _ entries: Entries, report: @escaping @Sendable (ImportEvent) async -> Void = { _ in }
    ) async throws -> ImportSummary where Entries.Element == ChatFile.Entry {
        let importTime = configuration.importTime ?? .now()
        let done = await withTaskGroup(of: StoredConversation.self) { group in
            var progress = ImportProgress(report: report)
            var isPrepared = false
            do {
                for try await entry in entries {
                    try Task.checkCancellation()
                    while !progress.hasRoom(for: entry, configuration), let stored = await group.next() {
                        await progress.end(stored)
                    }
                    try progress.throwFailure()
                    if !isPrepared, case .conversation = entry.content {
                        try await prepare()
                        isPrepared = true
                    }
                    let number = progress.begin(entry)
                    switch entry.content {
                    case .invalid(let reason): await progress.end(number, .invalid(reason: reason))
                    case .fileDamaged(let reason): await progress.end(number, .fileDamaged(reason: reason))
                    case .conversation(let conversation):
                        group.addTask {
                            await store(conversation, number: number, importTime: importTime)
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
        _ conversation: ArchivedConversation, number: Int, importTime: Timestamp
    ) async -> StoredConversation {
        let (snapshot, mended) = conversation.storable(importTime: importTime)
        let task = Task { () async throws -> ImportOutcome in
            guard let storage = storage(conversation) else { return .invalid(reason: Self.needsWholeStore) }
            do {
                do {
                    try await storage.restoreConversation(snapshot)
                    return .imported(messages: conversation.messages.count)
                } catch let error as ChatStorageError where error.code == .conversationExists {
                    return try await isStored(conversation.mended(as: snapshot), in: storage) ? .unchanged : .different
                }
            } catch let error as ChatStorageError {
                return try Self.outcome(of: error, conversation, snapshot)
            }
        }
        return StoredConversation(
            number: number, id: conversation.id, byteCount: conversation.byteCount, mended: mended,
            outcome: await task.result)
    }

    /// What an error means for one conversation; it throws an error that all the others would meet too.
    private static func outcome(
        of error: ChatStorageError, _ conversation: ArchivedConversation, _ snapshot: ConversationSnapshot
    ) throws -> ImportOutcome {
        switch error.code {
        case .invalidArgument: return .invalid(reason: error.message + conversation.advice(to: snapshot))
        case .invalidRole: return .invalid(reason: error.message)
        case .unavailable, .readOnly, .accessDenied, .notPrepared, .schemaTooNew, .closed: throw error
        default:
            let cause = error.cause.map { " (\($0.engine) \($0.code))" } ?? ""
            return .failed(reason: error.message + cause)
        }
    }

    private static let needsWholeStore =
        "is of an archive of a whole store, whose conversations belong to tenants; import it without a tenant"

    private func isStored(_ conversation: ArchivedConversation, in storage: any ChatStorage) async throws -> Bool {
        var stored = storage.allMessages(of: conversation.id, on: .all).makeAsyncIterator()
        var before: Int64 = 0
        for message in conversation.messages {
            guard let other = try await stored.next(), message.body.hasSameContent(as: other.body),
                message.createdAt == nil || message.createdAt == other.createdAt,
                message.sequence == nil || message.sequence == other.sequence,
                message.predecessor ?? before == other.predecessor ?? before,
                message.writing.state == other.state
            else { return false }
            before = other.sequence
        }
        return try await stored.next() == nil
    }
}
