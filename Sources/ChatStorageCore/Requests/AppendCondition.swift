/// What must be true of a conversation for an append to happen.
///
/// A repeated append, which the messages' keys show, ignores the condition: its messages are there already, and are
/// returned.
public struct AppendCondition: Sendable, Hashable {
    /// Whether a conversation that does not exist is created, without a title, in the same transaction.
    ///
    /// Otherwise the append to it is ``ChatStorageError/Code-swift.struct/conversationNotFound``.
    public let createsConversation: Bool
    /// The version that the conversation must have; nil for any.
    public let expectedVersion: ConversationVersion?

    /// No condition: a conversation that does not exist is created, without a title, in the same transaction.
    public static let createIfMissing = AppendCondition(createsConversation: true, expectedVersion: nil)

    /// The conversation exists; otherwise the append is ``ChatStorageError/Code-swift.struct/conversationNotFound``.
    ///
    /// With it, an answer that arrives after its conversation was deleted does not create the conversation again.
    public static let exists = AppendCondition(createsConversation: false, expectedVersion: nil)

    /// The conversation is the one of this version, and nothing was appended to it since.
    ///
    /// One that does not exist is ``ChatStorageError/Code-swift.struct/conversationNotFound``, one of another version
    /// ``ChatStorageError/Code-swift.struct/conflict``. Clearing messages and changing the title keep the version.
    ///
    /// - Parameter version: The version that was read, or that an append returned.
    public static func unchanged(_ version: ConversationVersion) -> AppendCondition {
        AppendCondition(createsConversation: false, expectedVersion: version)
    }

    /// The conversation is the one that was read, and nothing was appended to it since.
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
