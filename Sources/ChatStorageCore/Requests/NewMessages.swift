/// Messages to append to a conversation, in order, all or none.
public struct NewMessages: Sendable {
    /// At most 10,000 messages, each of at most 16 MiB and together of at most 64 MiB of content.
    ///
    /// Either all have a ``ChatMessage/key``, or none has. An empty array changes nothing and creates nothing.
    public var messages: [ChatMessage]
    /// The conversation.
    public var conversationID: ConversationID
    /// Whether a conversation that does not exist is created, and whether it must be unchanged.
    public var condition: AppendCondition

    /// Makes a request to append messages.
    ///
    /// - Parameters:
    ///   - messages: At most 10,000 messages; either all have a key, or none has.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must
    ///     be unchanged.
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
    /// The next append can take it as its condition, so that nothing else comes in between. Nil for an append of no
    /// messages.
    public var version: ConversationVersion?

    /// Makes a result; backends do.
    ///
    /// - Parameters:
    ///   - messages: The stored messages, in the order given.
    ///   - version: The conversation's version; nil for an append of no messages.
    public init(messages: [Message], version: ConversationVersion?) {
        self.messages = messages
        self.version = version
    }

    /// What an append of no messages stored.
    public static let nothing = AppendResult(messages: [], version: nil)
}
