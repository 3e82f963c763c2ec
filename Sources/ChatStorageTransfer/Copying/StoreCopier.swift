public import ChatStorageCore
import ChatStorageSupport

/// What a copy has done so far.
public struct CopySummary: Sendable, Hashable {
    /// Conversations that were copied.
    public var copied = 0
    /// Messages of the conversations that were copied or replaced.
    public var messages = 0
    /// Conversations that were there already, equal in everything.
    public var unchanged = 0
    /// Conversations whose id was there with something else, and that were put in its place.
    public var replaced = 0
    /// Conversations whose id is there with something else; they were left as they are.
    public var different = 0
    /// The digest of the conversations that were read from the source.
    public var source = ArchiveDigest()
    /// The digest of the whole target, read after the copy; nil until then.
    public var target: ArchiveDigest?

    /// Whether the target was found equal to what was read from the source.
    public var isEqual: Bool { target == source }

    /// Makes the summary of a copy that has not begun.
    public init() {}
}

/// A step of a copy: one conversation of the source is done.
public struct CopyEvent: Sendable {
    /// What became of a conversation.
    public enum Outcome: Sendable, Hashable {
        /// It was copied.
        case copied
        /// It was there already, equal in everything.
        case unchanged
        /// Its id was there with something else, which it has replaced.
        case replaced
        /// Its id is there with something else, which was left as it is.
        case different
    }

    /// The name of its tenant; nil is the default tenant.
    public let tenant: String?
    /// The conversation.
    public let conversationID: ConversationID
    /// What became of it.
    public let outcome: Outcome
    /// What the copy has done so far, this step included.
    public let summary: CopySummary
}

/// Copies a whole store, with all tenants, into another one.
///
/// An interrupted copy can be run again. It skips a conversation that is there and equal. One that is there and differs
/// is reported, and stays unless ``Configuration/replacesDifferent`` is set. Each conversation is copied whole or not
/// at all.
///
/// The source is read as it was at one moment, if its backend has the capability `snapshots`. What is written to it
/// meanwhile is not copied. So a store in use is moved by two runs: the first one while it is used; the second one,
/// with `replacesDifferent`, when nobody writes to it any more. A conversation that was deleted in the source in
/// between stays in the target, and the digests differ.
///
/// A store is not copied onto itself, whatever its names: what its users do meanwhile would be undone. To notice that,
/// a copy into a store that has conversations creates an empty one there, looks for it in the source, and deletes it.
///
/// ```swift
/// let summary = try await StoreCopier(from: sqlite, to: postgres).run()
/// print(summary.copied, "conversations", summary.isEqual ? "and the stores are equal" : "")
/// ```
public struct StoreCopier: Sendable {
    /// How a copy runs.
    public struct Configuration: Sendable {
        /// How many conversations are copied at once, and held in memory, 1 or more; by default 32.
        public var concurrentConversations = 32
        /// Whether a conversation takes the place of another one of its id; by default it does not.
        ///
        /// The other one is deleted first. If the process dies in between, the next run copies the conversation.
        public var replacesDifferent = false

        /// The defaults.
        public init() {}
    }

    fileprivate struct Step: Sendable {
        let tenant: String?
        let id: ConversationID
        let outcome: CopyEvent.Outcome
        /// The digest of the conversation in the source.
        let digest: ArchiveDigest
    }

    private let source: any ChatStorageBackend
    private let target: any ChatStorageBackend
    private let configuration: Configuration

    /// Makes a copier of two stores that have been prepared; the target must take the roles of the source's messages.
    public init(
        from source: any ChatStorageBackend, to target: any ChatStorageBackend,
        configuration: Configuration = Configuration()
    ) {
        self.source = source
        self.target = target
        self.configuration = configuration
    }

    /// Copies, and compares both stores' digests at the end.
    ///
    /// - Parameter report: Called after each conversation, never twice at once; the copy waits for it.
    /// - Returns: What was done; ``CopySummary/isEqual`` says whether the target is equal to the source now.
    /// - Throws: `ChatStorageError` of either store, with the code `invalidArgument` if they are the same one;
    ///   `CancellationError` when the task is cancelled. What was copied until then stays.
    @discardableResult
    public func run(report: @escaping @Sendable (CopyEvent) async -> Void = { _ in }) async throws -> CopySummary {
        // A task of its own, so that a cancelled copy removes what it has created.
        let comparison = Task { try await isSameStore() }
        if try await comparison.value {
            throw ChatStorageError(.invalidArgument, "the source and the target are the same store")
        }
        try Task.checkCancellation()
        var summary = try await source.withSnapshot { snapshot in
            try await copyAll(of: StoreWalk(backend: snapshot), report: report)
        }
        summary.target = try await ArchiveDigest(of: target)
        return summary
    }

    /// Whether what is written to the target shows in the source.
    private func isSameStore() async throws -> Bool {
        guard try await !target.tenants(TenantQuery(limit: 1)).items.isEmpty else { return false }
        let id = ConversationID("comparison of stores \(UInt64.random(in: .min ... .max))")
        try await target.defaultTenant.createConversation(NewConversation(id))
        let shown = await Result.catching { try await source.defaultTenant.conversation(id) != nil }
        try await target.defaultTenant.deleteConversation(id)
        return try shown.get()
    }

    private func copyAll(
        of walk: StoreWalk, report: @escaping @Sendable (CopyEvent) async -> Void
    ) async throws -> CopySummary {
        try await withThrowingTaskGroup(of: Step?.self) { group in
            var summary = CopySummary()
            var running = 0
            func finishOne() async throws {
                guard let step = try await group.next() else { return }
                running -= 1
                guard let step else { return }
                summary.count(step)
                await report(
                    CopyEvent(tenant: step.tenant, conversationID: step.id, outcome: step.outcome, summary: summary))
            }
            try await walk.tenants { tenant in
                try await walk.conversations(of: tenant) { conversation in
                    try Task.checkCancellation()
                    while running >= max(1, configuration.concurrentConversations) { try await finishOne() }
                    running += 1
                    group.addTask {
                        guard let whole = try await walk.whole(conversation, of: tenant) else { return nil }
                        return try await copy(whole, of: tenant)
                    }
                }
            }
            while running > 0 { try await finishOne() }
            return summary
        }
    }

    private func copy(_ whole: WholeConversation, of tenant: String?) async throws -> Step {
        let there = StoreWalk(backend: target).storage(of: tenant)
        let line = whole.line(tenant: tenant)
        let digest = ArchiveDigest(line: line[...], messages: whole.messages.count)
        let id = whole.conversation.id
        func step(_ outcome: CopyEvent.Outcome) -> Step {
            Step(tenant: tenant, id: id, outcome: outcome, digest: digest)
        }
        if try await restore(whole, in: there) { return step(.copied) }
        let other = try await WholeConversation.read(id, from: there)
        if let other, other.line(tenant: tenant) == line { return step(.unchanged) }
        guard configuration.replacesDifferent else { return step(.different) }
        // A task of its own: a cancelled copy still puts the conversation where the other one was.
        let replacement = Task {
            try await there.deleteConversation(id)
            return try await restore(whole, in: there)
        }
        return step(try await replacement.value ? .replaced : .different)
    }

    /// - Returns: Whether it was stored; false if its id is there.
    private func restore(_ whole: WholeConversation, in storage: any ChatStorage) async throws -> Bool {
        do {
            try await storage.restoreConversation(whole.snapshot)
            return true
        } catch let error as ChatStorageError where error.code == .conversationExists {
            return false
        }
    }
}

extension CopySummary {
    fileprivate mutating func count(_ step: StoreCopier.Step) {
        source.add(step.digest)
        switch step.outcome {
        case .copied:
            copied += 1
            messages += step.digest.messages
        case .replaced:
            replaced += 1
            messages += step.digest.messages
        case .unchanged: unchanged += 1
        case .different: different += 1
        }
    }
}
