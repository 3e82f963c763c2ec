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
/// and left as it is. Each conversation is copied whole or not at all, as it was at one moment; copy a store that
/// nobody writes, or run the copy again afterwards.
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
        let line: [UInt8]
        let messages: Int
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
        let walk = StoreWalk(backend: source)
        var summary = try await withThrowingTaskGroup(of: Step.self) { group in
            var summary = CopySummary()
            var running = 0
            func finishOne() async throws {
                guard let step = try await group.next() else { return }
                running -= 1
                summary.count(step)
                await report(summary)
            }
            try await walk.tenants { tenant in
                try await walk.conversations(of: tenant) { id in
                    try Task.checkCancellation()
                    while running >= max(1, configuration.concurrentConversations) { try await finishOne() }
                    running += 1
                    group.addTask { try await copy(id, of: tenant) }
                }
            }
            while running > 0 { try await finishOne() }
            return summary
        }
        summary.target = try await ArchiveDigest(of: target)
        return summary
    }

    private func copy(_ id: ConversationID, of tenant: String?) async throws -> Step {
        let there = StoreWalk(backend: target).storage(of: tenant)
        guard let whole = try await WholeConversation.read(id, from: StoreWalk(backend: source).storage(of: tenant))
        else { return Step(outcome: .unchanged, line: [], messages: 0) }
        let line = whole.line(tenant: tenant)
        do {
            try await there.restoreConversation(whole.snapshot)
            return Step(outcome: .copied, line: line, messages: whole.messages.count)
        } catch let error as ChatStorageError where error.code == .conversationExists {
            let other = try await WholeConversation.read(id, from: there)
            let isEqual = other.map { $0.line(tenant: tenant) == line } ?? false
            return Step(outcome: isEqual ? .unchanged : .different, line: line, messages: whole.messages.count)
        }
    }
}

extension CopySummary {
    fileprivate mutating func count(_ step: StoreCopier.Step) {
        // A conversation that was deleted meanwhile has no line.
        guard !step.line.isEmpty else { return }
        source.add(line: step.line[...], messages: step.messages)
        switch step.outcome {
        case .copied:
            copied += 1
            messages += step.messages
        case .unchanged: unchanged += 1
        case .different: different += 1
        }
    }
}
