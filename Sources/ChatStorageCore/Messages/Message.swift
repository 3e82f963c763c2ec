import ChatStorageSupport

/// A stored message.
///
/// Its id is `(conversation, sequence)`, the same on every backend for the same calls. Equality compares UTF-8 bytes.
public struct Message: Sendable, Identifiable {
    /// What identifies a message within a tenant.
    public struct ID: Sendable, Hashable {
        /// The conversation that the message belongs to.
        public let conversationID: ConversationID
        /// The message's place in it.
        public let sequence: Int64

        /// Makes the id of a message.
        public init(conversationID: ConversationID, sequence: Int64) {
            self.conversationID = conversationID
            self.sequence = sequence
        }
    }

    /// The conversation that the message belongs to.
    public let conversationID: ConversationID
    /// The message's place in its conversation, counted from 1 in commit order.
    ///
    /// A sequence is never used twice while the conversation exists, not even after its messages are cleared.
    public let sequence: Int64
    /// Who speaks.
    public let role: Role
    /// What is said, byte for byte as it was given.
    public let content: String
    /// When it was appended: its conversation's ``Conversation/updatedAt`` as of that append.
    public let createdAt: Timestamp
    /// The key that it was appended with, nil for none; it is unique in the conversation.
    public let key: String?

    /// Makes a message; backends do, and apps in their previews and tests.
    public init(
        conversationID: ConversationID, sequence: Int64, role: Role, content: String, createdAt: Timestamp,
        key: String? = nil
    ) {
        self.conversationID = conversationID
        self.sequence = sequence
        self.role = role
        self.content = content
        self.createdAt = createdAt
        self.key = key
    }

    /// The message's id: the conversation and the sequence.
    public var id: ID { ID(conversationID: conversationID, sequence: sequence) }

    /// The role and content alone, without the key, as an LLM chat API takes them.
    public var chatMessage: ChatMessage { ChatMessage(role: role, content: content) }
}

extension Message: Hashable {
    /// Whether both are the same message with the same bytes as content and as key.
    public static func == (left: Message, right: Message) -> Bool {
        left.sequence == right.sequence && left.createdAt == right.createdAt
            && left.conversationID == right.conversationID && left.role == right.role
            && left.content.hasSameUTF8(as: right.content) && left.key.hasSameUTF8(as: right.key)
    }

    /// Hashes the id.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(conversationID)
        hasher.combine(sequence)
    }
}
