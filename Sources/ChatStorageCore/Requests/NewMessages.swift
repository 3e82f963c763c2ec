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
    /// The message that the first of them follows; by default it is the head.
    public var place: AppendPlace
    /// Whether the last of them becomes the conversation's head.
    public var movesHead: Bool
    /// Whether the last of them is an answer under way, ``MessageState/streaming``; the others are complete.
    public var isStreaming: Bool
    /// Whether everything in the conversation counts as read after the append, as when its user sends a message.
    public var marksRead: Bool

    /// Makes a request to append messages.
    ///
    /// - Parameters:
    ///   - messages: At most 10,000 messages; either all have a key, or none has.
    ///   - id: The conversation.
    ///   - place: The message that the first of them follows; by default the head.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must
    ///     be unchanged.
    ///   - movesHead: Whether the last of them becomes the conversation's head, as it does by default.
    ///   - isStreaming: Whether the last of them is an answer under way; by default not.
    ///   - marksRead: Whether everything in the conversation is read after the append; by default not.
    public init(
        _ messages: [ChatMessage], to id: ConversationID, _ place: AppendPlace = .head,
        if condition: AppendCondition = .createIfMissing, movesHead: Bool = true, isStreaming: Bool = false,
        marksRead: Bool = false
    ) {
        self.messages = messages
        conversationID = id
        self.place = place
        self.condition = condition
        self.movesHead = movesHead
        self.isStreaming = isStreaming
        self.marksRead = marksRead
    }

    /// Whether they go to the end of the current path, become the head and are complete; for backends, which have a
    /// faster way for these.
    package var isAtHead: Bool { place == .head && movesHead && !isStreaming }

    /// How the writing of the message at an index stands after the append; for backends.
    ///
    /// - Returns: Nil for all but an answer under way.
    public func writing(at index: Int) -> MessageWriting? {
        isStreaming && index == messages.count - 1 ? .begun : nil
    }
}
