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
    /// What was appended, byte for byte as it was given, with its key; its metadata as it is now.
    public let body: ChatMessage
    /// When it was appended: its conversation's ``Conversation/updatedAt`` as of that append.
    public let createdAt: Timestamp

    /// Makes a message; backends do, and apps in their previews and tests.
    public init(conversationID: ConversationID, sequence: Int64, body: ChatMessage, createdAt: Timestamp) {
        self.conversationID = conversationID
        self.sequence = sequence
        self.body = body
        self.createdAt = createdAt
    }

    /// Makes a message of a role and a text.
    public init(
        conversationID: ConversationID, sequence: Int64, role: Role, content: String, createdAt: Timestamp,
        key: String? = nil
    ) {
        self.init(
            conversationID: conversationID, sequence: sequence,
            body: ChatMessage(role: role, content: content, key: key),
            createdAt: createdAt)
    }

    /// The message's id: the conversation and the sequence.
    public var id: ID { ID(conversationID: conversationID, sequence: sequence) }

    /// Who speaks.
    public var role: Role { body.role }
    /// What is said, byte for byte as it was given: the texts of the text parts, joined by line feeds.
    public var content: String { body.content }
    /// The parts; of a message that was appended as a text, that text.
    public var parts: [MessagePart] { body.parts }
    /// The tools' calls among the parts, also those that the provider ran itself.
    public var toolCalls: [MessagePart] { body.toolCalls }
    /// The calls that are the app's to answer: those without an output and without a result in the same message.
    public var openToolCalls: [MessagePart] { body.openToolCalls }
    /// What the app keeps beside it, as it is now; empty for nothing.
    public var metadata: Metadata { body.metadata }
    /// The key that it was appended with, nil for none; it is unique in the conversation.
    public var key: String? { body.key }

    /// What was appended without its key, as an LLM chat API takes it.
    public var chatMessage: ChatMessage { body.withoutKey }
}

extension Message: Hashable {
    /// Whether both are the same message with the same body.
    public static func == (left: Message, right: Message) -> Bool {
        left.sequence == right.sequence && left.createdAt == right.createdAt
            && left.conversationID == right.conversationID && left.body == right.body
    }

    /// Hashes the id.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(conversationID)
        hasher.combine(sequence)
    }
}
