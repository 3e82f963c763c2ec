/// A conversation to delete, with all its messages.
public struct ConversationDeletion: Sendable, Hashable {
    /// The conversation.
    public var id: ConversationID
    /// A conversation that was updated at this time or later stays; nil deletes it whenever it was updated.
    public var updatedBefore: Timestamp?
    /// A conversation with any of these labels stays.
    public var without: Set<Label>

    /// Makes a request to delete a conversation.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - updatedBefore: A conversation that was updated at this time or later stays; by default none does.
    ///   - without: A conversation with any of these labels stays; by default none.
    public init(_ id: ConversationID, updatedBefore: Timestamp? = nil, without: Set<Label> = []) {
        self.id = id
        self.updatedBefore = updatedBefore
        self.without = without
    }

    /// Whether the request deletes the conversation as it is; for backends, which look in the transaction that deletes.
    public func applies(to conversation: Conversation) -> Bool {
        updatedBefore.map { conversation.updatedAt < $0 } ?? true && conversation.labels.isDisjoint(with: without)
    }

    /// Whether nothing spares the conversation.
    public var isUnconditional: Bool { updatedBefore == nil && without.isEmpty }
}
