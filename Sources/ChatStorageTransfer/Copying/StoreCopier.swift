public import ChatStorageCore

/// What a copy has done so far.
public struct CopySummary: Sendable, Hashable {
    /// Conversations that were copied.
    public var copied = 0
    /// Messages of those conversations.
    public var messages = 0
    /// Conversations that were there already, equal in everything.
    public var unchanged = 0
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

/// Copies a whole store, with all tenants, into another one.
///
/// A copy that was interrupted is run again: what is there and equal is skipped, what is there and differs is counted
/// and left as it is. Each conversation is copied whole or not at all.
///
/// The source is read as it was at one moment, if its backend has the capability `snapshots`. What is written to it
/// meanwhile is not copied, and a conversation that was copied and then goes on differs. So the last run of a move is
/// that of a store that nobody writes any more, into an empty one.
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

        /// The defaults.
        public init() {}
    }

    fileprivate enum Outcome {
        case copied, unchanged, different
    }

    fileprivate struct Step: Sendable {
        let outcome: Outcome
        /// The conversation's in the source.
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
    /// - Throws: `ChatStorageError` of either store; `CancellationError` when the task is cancelled. What was copied
    ///   until then stays.
    @discardableResult
    public func run(report: @escaping @Sendable (CopySummary) async -> Void = { _ in }) async throws -> CopySummary {
        var summary = try await source.withSnapshot { snapshot in
            try await copyAll(of: StoreWalk(backend: snapshot), report: report)
        }
        summary.target = try await ArchiveDigest(of: target)
        return summary
    }

    private func copyAll(
        of walk: StoreWalk, report: @escaping @Sendable (CopySummary) async -> Void
    ) async throws -> CopySummary {
        try await withThrowingTaskGroup(of: Step?.self) { group in
            var summary = CopySummary()
            var running = 0
            func finishOne() async throws {
                guard let step = try await group.next() else { return }
                running -= 1
                if let step { summary.count(step) }
                await report(summary)
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
        do {
            try await there.restoreConversation(whole.snapshot)
            return Step(outcome: .copied, digest: digest)
        } catch let error as ChatStorageError where error.code == .conversationExists {
            let other = try await WholeConversation.read(whole.conversation.id, from: there)
            let isEqual = other.map { $0.line(tenant: tenant) == line } ?? false
            return Step(outcome: isEqual ? .unchanged : .different, digest: digest)
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
        case .unchanged: unchanged += 1
        case .different: different += 1
        }
    }
}
