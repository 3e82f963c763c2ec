/// What a ``StorageCall`` returned.
public enum StorageReply: Sendable, Hashable {
    /// A conversation; nil if there is none.
    case conversation(Conversation?)
    /// Whether a conversation existed and was deleted.
    case existed(Bool)
    /// A page of conversations.
    case conversations(ConversationPage)
    /// What an append stored.
    case appended(AppendResult)
    /// A message.
    case message(Message)
    /// A page of messages.
    case messages(MessagePage)
    /// Where a conversation has branched.
    case forks([Fork])
    /// How many messages were removed.
    case count(Int)
}
