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
    /// Whether everything in the conversation is read after the append, as it is when the person writes it.
    public var marksRead: Bool

    /// Makes a request to append messages.
    ///
    /// - Parameters:
    ///   - messages: At most 10,000 messages; either all have a key, or none has.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must
    ///     be unchanged.
    ///   - marksRead: Whether everything in the conversation is read after the append; by default not.
    public init(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition = .createIfMissing,
        marksRead: Bool = false
    ) {
        self.messages = messages
        conversationID = id
        self.condition = condition
        self.marksRead = marksRead
    }
}
