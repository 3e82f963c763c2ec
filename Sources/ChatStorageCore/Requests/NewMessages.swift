/// Messages to append to a conversation, in order, all or none.
public struct NewMessages: Sendable {
    /// At most 10,000 messages, each of at most 16 MiB and together of at most 64 MiB of content.
    ///
    /// All have a ``ChatMessage/key``, or none. No messages change nothing and create nothing.
    public var messages: [ChatMessage]
    /// The conversation.
    public var conversationID: ConversationID
    /// Whether a conversation that does not exist is created, and whether it must be unchanged.
    public var condition: AppendCondition

    /// Makes a request to append messages.
    ///
    /// - Parameters:
    ///   - messages: At most 10,000 messages, all with a key or none.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must be
    ///     unchanged.
    public init(_ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition = .createIfMissing) {
        self.messages = messages
        conversationID = id
        self.condition = condition
    }
}

/// What an append stored.
public struct AppendResult: Sendable, Hashable {
    /// The stored messages, in the order given; those stored before if the append repeats one.
    public var messages: [Message]
    /// The conversation's version after the append, or as it is now if the append repeats one.
    ///
    /// With it the next append can say that nothing else came in between. Nil for an append of no messages.
    public var version: ConversationVersion?

    /// Makes a result; backends do.
    public init(messages: [Message], version: ConversationVersion?) {
        self.messages = messages
        self.version = version
    }

    /// What an append of no messages stored.
    public static let nothing = AppendResult(messages: [], version: nil)
}
