/// What must be true of a conversation for an append to happen.
///
/// A repeated append, which the messages' keys show, ignores the condition: its messages are there already, and are
/// returned.
public struct AppendCondition: Sendable, Hashable {
    /// What a conversation has that an append creates.
    public struct FirstValues: Sendable, Hashable {
        /// The title, at most 200 Unicode scalars without U+0000, or nil.
        public let title: String?
        /// At most 32 labels.
        public let labels: Set<Label>
        /// What the app keeps beside it.
        public let metadata: Metadata
    }

    /// Whether a conversation that does not exist is created in the same transaction.
    ///
    /// Otherwise the append to it is ``ChatStorageError/Code-swift.struct/conversationNotFound``.
    public let createsConversation: Bool
    /// What a conversation has that the append creates; nil for nothing.
    public let firstValues: FirstValues?
    /// The version that the conversation must have; nil for any.
    public let expectedVersion: ConversationVersion?

    private init(
        createsConversation: Bool, firstValues: FirstValues? = nil, expectedVersion: ConversationVersion? = nil
    ) {
        self.createsConversation = createsConversation
        self.firstValues = firstValues
        self.expectedVersion = expectedVersion
    }

    /// No condition: a conversation that does not exist is created, without a title, in the same transaction.
    public static let createIfMissing = AppendCondition(createsConversation: true)

    /// No condition: a conversation that does not exist is created with first values, in the same transaction; one that
    /// exists keeps its own.
    ///
    /// - Parameters:
    ///   - title: The title, at most 200 Unicode scalars without U+0000; by default none.
    ///   - labels: At most 32 labels; by default none.
    ///   - metadata: What the app keeps beside it; by default nothing.
    public static func create(
        title: String? = nil, labels: Set<Label> = [], metadata: Metadata = [:]
    ) -> AppendCondition {
        let isPlain = title == nil && labels.isEmpty && metadata.isEmpty
        return AppendCondition(
            createsConversation: true,
            firstValues: isPlain ? nil : FirstValues(title: title, labels: labels, metadata: metadata))
    }

    /// The conversation exists; otherwise the append is ``ChatStorageError/Code-swift.struct/conversationNotFound``.
    ///
    /// With it, an answer that arrives after its conversation was deleted does not create the conversation again.
    public static let exists = AppendCondition(createsConversation: false)

    /// The conversation is the one of this version: nothing was appended to it since, and it was not cleared.
    ///
    /// One that does not exist is ``ChatStorageError/Code-swift.struct/conversationNotFound``, one of another version
    /// ``ChatStorageError/Code-swift.struct/conflict``. Titles, labels, metadata and read marks keep the version.
    ///
    /// - Parameter version: The version that was read, or that an append returned.
    public static func unchanged(_ version: ConversationVersion) -> AppendCondition {
        AppendCondition(createsConversation: false, expectedVersion: version)
    }

    /// The conversation is the one that was read: nothing was appended to it since, and it was not cleared.
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
