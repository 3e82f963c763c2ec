/// What must be true of a conversation for an append to happen.
///
/// A repeated append, recognised by its messages' keys, ignores the condition and returns the stored messages.
public struct AppendCondition: Sendable, Hashable {
    /// The first values of a conversation that an append creates.
    public struct FirstValues: Sendable, Hashable {
        /// The title, at most 200 Unicode scalars without U+0000, or nil.
        public let title: String?
        /// At most 32 labels.
        public let labels: Set<Label>
        /// What the app keeps beside it.
        public let metadata: Metadata
    }

    /// Rare values are boxed, so that most requests are cheap to copy.
    private enum Kind: Sendable, Hashable {
        case createIfMissing, exists
        indirect case create(FirstValues)
        indirect case unchanged(ConversationVersion)
    }

    private let kind: Kind

    private init(_ kind: Kind) {
        self.kind = kind
    }

    /// Whether a conversation that does not exist is created in the same transaction.
    ///
    /// Otherwise the append fails with ``ChatStorageError/Code-swift.struct/conversationNotFound``.
    public var createsConversation: Bool {
        switch kind {
        case .createIfMissing, .create: true
        case .exists, .unchanged: false
        }
    }
    /// The first values of a conversation that the append creates; nil for none.
    public var firstValues: FirstValues? {
        if case .create(let values) = kind { values } else { nil }
    }
    /// The version that the conversation must have; nil for any.
    public var expectedVersion: ConversationVersion? {
        if case .unchanged(let version) = kind { version } else { nil }
    }

    /// No condition: a conversation that does not exist is created, without a title, in the same transaction.
    public static var createIfMissing: AppendCondition { AppendCondition(.createIfMissing) }

    /// No condition: a conversation that does not exist is created with first values, in the same transaction; one that
    /// exists keeps its own.
    ///
    /// - Parameters:
    ///   - title: The title, at most 200 Unicode scalars without U+0000; by default none.
    ///   - labels: At most 32 labels; by default none.
    ///   - metadata: What the app keeps beside it; by default nothing.
    public static func create(
        title: String? = nil, labels: Set<Label> = [], metadata: Metadata = Metadata()
    ) -> AppendCondition {
        let isPlain = title == nil && labels.isEmpty && metadata.isEmpty
        return isPlain
            ? .createIfMissing : AppendCondition(.create(FirstValues(title: title, labels: labels, metadata: metadata)))
    }

    /// The conversation exists; otherwise the append fails with `conversationNotFound`.
    ///
    /// With it, an answer that arrives after its conversation was deleted does not create the conversation again.
    public static var exists: AppendCondition { AppendCondition(.exists) }

    /// The conversation is the one of this version: nothing was appended to it since, it was not cleared, and its head
    /// is where it was.
    ///
    /// If it does not exist, the append fails with ``ChatStorageError/Code-swift.struct/conversationNotFound``; if it
    /// has another version, with ``ChatStorageError/Code-swift.struct/conflict``. Titles, labels, metadata, read marks
    /// and revisions keep the version, so the checkpoints of an answer under way do too.
    ///
    /// - Parameter version: The version that was read, or that an append returned.
    public static func unchanged(_ version: ConversationVersion) -> AppendCondition {
        AppendCondition(.unchanged(version))
    }

    /// The conversation is the one that was read: nothing was appended to it since, it was not cleared, and its head is
    /// where it was.
    ///
    /// With it an answer is stored only as the answer to the messages that the model was given:
    ///
    /// ```swift
    /// guard let trip = try await chats.conversation("trip") else { return }
    /// let answer = try await model.answer(chats.history(of: trip.id))
    /// try await chats.append(.assistant(answer), to: trip.id, if: .unchanged(since: trip))
    /// ```
    ///
    /// - Parameter conversation: The conversation as it was read, before its messages were.
    public static func unchanged(since conversation: Conversation) -> AppendCondition {
        .unchanged(conversation.version)
    }
}
