/// A conversation to delete, with all its messages.
public struct ConversationDeletion: Sendable, Hashable {
    /// The conversation.
    public var id: ConversationID
    /// The time since which it must not have been updated: at it or later it stays; nil deletes it whenever it was.
    public var updatedBefore: Timestamp?
    /// The labels of which one is enough to spare it.
    public var without: Set<Label>

    /// Makes a request to delete a conversation.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - updatedBefore: The time since which it must not have been updated; by default it may have been.
    ///   - without: The labels of which one is enough to spare it; by default none.
    public init(_ id: ConversationID, updatedBefore: Timestamp? = nil, without: Set<Label> = []) {
        self.id = id
        self.updatedBefore = updatedBefore
        self.without = without
    }

    /// Whether the request deletes the conversation as it is; for backends, which look in the transaction that deletes.
    public func applies(to conversation: Conversation) -> Bool {
        updatedBefore.map { conversation.updatedAt < $0 } ?? true && conversation.labels.isDisjoint(with: without)
    }

    /// Whether the conversation is deleted whatever it is.
    public var isUnconditional: Bool { updatedBefore == nil && without.isEmpty }
}
