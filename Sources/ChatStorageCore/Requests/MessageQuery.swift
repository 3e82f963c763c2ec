/// Which messages of a conversation a page has.
public struct MessageQuery: Sendable, Hashable {
    /// The conversation; one that does not exist has no messages.
    public var conversationID: ConversationID
    /// Whether the page is the last, or lies before or after a sequence.
    ///
    /// The page goes as near to that place as it can: the *last* messages before a sequence, the *first* after it.
    public var position: MessagePosition
    /// How many messages at most, 0 or more; 0 reads nothing.
    public var limit: Int

    /// Makes a query.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - position: Where the page lies; by default at the end.
    ///   - limit: How many messages at most, 0 or more; by default 20.
    public init(of id: ConversationID, _ position: MessagePosition = .end, limit: Int = 20) {
        conversationID = id
        self.position = position
        self.limit = limit
    }
}
