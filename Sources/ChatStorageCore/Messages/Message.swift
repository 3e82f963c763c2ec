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
    /// What was appended or last written, byte for byte, with its key; the metadata is as it is now.
    public let body: ChatMessage
    /// When it was appended: its conversation's ``Conversation/updatedAt`` as of that append.
    public let createdAt: Timestamp
    /// What most messages do not have; nil for nothing.
    @usableFromInline let more: More?

    /// The branch and the writing of a message; never changed once it is made.
    @usableFromInline final class More: Sendable {
        let predecessor: Int64?
        let writing: MessageWriting

        private init(_ predecessor: Int64?, _ writing: MessageWriting) {
            self.predecessor = predecessor
            self.writing = writing
        }

        /// Makes them; nil for nothing.
        ///
        /// A failable initializer would allocate the object first.
        static func of(predecessor: Int64?, writing: MessageWriting?) -> More? {
            let writing = writing ?? .none
            return predecessor == nil && writing == .none ? nil : More(predecessor, writing)
        }
    }

    /// Makes a message; for backends, and for apps' previews and tests.
    ///
    /// - Parameters:
    ///   - conversationID: The conversation that it belongs to.
    ///   - sequence: Its place in it, counted from 1.
    ///   - body: What it says, with its metadata and its key.
    ///   - createdAt: When it was appended.
    ///   - predecessor: The message that it follows, if that is not the one before it, see ``predecessor``.
    ///   - writing: How its writing went if it was appended as an answer under way; nil for any other message.
    public init(
        conversationID: ConversationID, sequence: Int64, body: ChatMessage, createdAt: Timestamp,
        predecessor: Int64? = nil, writing: MessageWriting? = nil
    ) {
        self.conversationID = conversationID
        self.sequence = sequence
        self.body = body
        self.createdAt = createdAt
        more = predecessor == nil && writing == nil ? nil : More.of(predecessor: predecessor, writing: writing)
    }

    /// Makes a message that follows the one before it and was appended whole.
    @inlinable package init(
        ordinary conversationID: ConversationID, sequence: Int64, body: ChatMessage, createdAt: Timestamp
    ) {
        // Inlined, since backends make one for each row that they read.
        self.conversationID = conversationID
        self.sequence = sequence
        self.body = body
        self.createdAt = createdAt
        more = nil
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

    /// Whether it is whole, and how its writing ended.
    public var state: MessageState { writing.state }
    /// How often it was written: 0 for a message that was appended whole, 1 for an answer under way as it was appended.
    public var revision: Int64 { writing.revision }
    /// When its writer last wrote it; nil if that was the append.
    public var revisedAt: Timestamp? { writing.revisedAt }
    /// State, revision and time of an answer under way, even of one that has ended.
    public var writing: MessageWriting { more?.writing ?? .none }
    /// The message that it follows, 0 for none; nil if that is the one before it.
    ///
    /// The one before it is the stored message of the next lower sequence, or none. A message follows another one only
    /// if its conversation has branched.
    public var predecessor: Int64? { more?.predecessor }

    /// Whether it follows the one before it and was appended whole, like most messages.
    package var isOrdinary: Bool { more == nil }

    /// Who speaks.
    public var role: Role { body.role }
    /// What is said, byte for byte as it was given: the texts of the text parts, joined by line feeds.
    public var content: String { body.content }
    /// The parts; a message appended as a text has one part, that text.
    public var parts: [MessagePart] { body.parts }
    /// The tool calls among the parts, including those that the provider ran itself.
    public var toolCalls: [MessagePart] { body.toolCalls }
    /// The tool calls that the app has to answer: those without an output and without a result in the same message.
    public var openToolCalls: [MessagePart] { body.openToolCalls }
    /// What the app keeps beside it, as it is now; empty for nothing.
    public var metadata: Metadata { body.metadata }
    /// The key that it was appended with, nil for none; it is unique in the conversation.
    public var key: String? { body.key }

    /// What was appended, without its key, as an LLM chat API takes it.
    public var chatMessage: ChatMessage { body.withoutKey }
}

extension Message: Hashable {
    /// Whether both are the same message with the same body.
    public static func == (left: Message, right: Message) -> Bool {
        left.sequence == right.sequence && left.createdAt == right.createdAt
            && left.conversationID == right.conversationID && left.body == right.body
            && (left.more === right.more
                || left.predecessor == right.predecessor && left.writing == right.writing)
    }

    /// Hashes the id.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(conversationID)
        hasher.combine(sequence)
    }
}
