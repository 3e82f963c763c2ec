import ChatStorageSupport

/// A whole conversation with its messages, to be restored exactly as it was elsewhere.
///
/// ``ChatStorage/restoreConversation(_:)`` takes it, and the in-memory backend can start with some. The times must not
/// decrease in the order ``createdAt``, the messages' times, ``updatedAt``; the messages' sequences must increase from 1
/// or above; ``lastSequence`` must not be below the last message's.
public struct ConversationSnapshot: Sendable {
    /// A message of the snapshot.
    public struct Message: Sendable {
        /// The message's place in its conversation, 1 or above.
        public var sequence: Int64
        /// Who speaks.
        public var role: Role
        /// What is said: 0 to 16 MiB of UTF-8 without U+0000.
        public var content: String
        /// When it was said.
        public var createdAt: Timestamp
        /// The key that it was appended with, nil for none; no other message of the snapshot has the same.
        public var key: String?

        /// Makes a message of a snapshot.
        public init(sequence: Int64, role: Role, content: String, createdAt: Timestamp, key: String? = nil) {
            self.sequence = sequence
            self.role = role
            self.content = content
            self.createdAt = createdAt
            self.key = key
        }
    }

    /// The conversation's id.
    public var id: ConversationID
    /// The title, nil for none.
    public var title: String?
    /// When the conversation was created.
    public var createdAt: Timestamp
    /// When it was last changed.
    public var updatedAt: Timestamp
    /// The highest sequence ever used, at most 2⁵³ - 1; sequences of messages that were cleared are not used again.
    public var lastSequence: Int64
    /// The messages, lowest sequence first; any number.
    public var messages: [Message]

    /// Makes a snapshot.
    ///
    /// - Parameter lastSequence: The highest sequence ever used; nil takes the last message's, or 0 without messages.
    public init(
        id: ConversationID, title: String? = nil, createdAt: Timestamp, updatedAt: Timestamp,
        lastSequence: Int64? = nil, messages: [Message] = []
    ) {
        self.id = id
        self.title = title
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.lastSequence = lastSequence ?? messages.last?.sequence ?? 0
        self.messages = messages
    }

    /// The conversation that restoring this snapshot makes.
    public var conversation: Conversation {
        Conversation(id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, lastSequence: lastSequence)
    }
}

extension ConversationSnapshot: Hashable {
    /// Whether both are the same conversation with the same messages; texts are compared by their UTF-8 bytes.
    public static func == (left: ConversationSnapshot, right: ConversationSnapshot) -> Bool {
        left.conversation == right.conversation && left.messages == right.messages
    }

    /// Hashes the conversation.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(conversation)
    }
}

extension ConversationSnapshot.Message: Hashable {
    /// Whether both are the same message with the same bytes as content and as key.
    public static func == (left: Self, right: Self) -> Bool {
        left.sequence == right.sequence && left.createdAt == right.createdAt && left.role == right.role
            && left.content.hasSameUTF8(as: right.content) && left.key.hasSameUTF8(as: right.key)
    }

    /// Hashes the sequence and the content's UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(sequence)
        content.hashUTF8(into: &hasher)
    }
}
