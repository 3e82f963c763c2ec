/// A whole conversation with its messages, to be restored exactly as it was elsewhere.
///
/// ``ChatStorage/restoreConversation(_:)`` takes it, and the in-memory backend can start with some. The times must not
/// decrease in the order ``createdAt``, the messages' times, ``updatedAt``; the messages' sequences must increase from
/// 1 or above; ``lastSequence`` must not be below the last message's, and ``clearedThrough`` must be below the first.
public struct ConversationSnapshot: Sendable {
    /// A message of the snapshot.
    public struct Message: Sendable {
        /// The message's place in its conversation, 1 or above.
        public var sequence: Int64
        /// What it says; no other message of the snapshot has the same key.
        public var body: ChatMessage
        /// When it was said.
        public var createdAt: Timestamp
        /// The message that it follows, 0 for none; nil for the message before it in the snapshot.
        public var predecessor: Int64?
        /// How its writing went if it was appended as an answer under way; ``MessageWriting/none`` for any other
        /// message.
        public var writing: MessageWriting

        /// Makes a message of a snapshot.
        ///
        /// - Parameters:
        ///   - sequence: The message's place in its conversation, 1 or above.
        ///   - body: What it says.
        ///   - createdAt: When it was said.
        ///   - predecessor: The message that it follows, 0 for none; by default the message before it in the snapshot.
        ///   - writing: How its writing went if it was appended as an answer under way; by default it was whole.
        public init(
            sequence: Int64, body: ChatMessage, createdAt: Timestamp, predecessor: Int64? = nil,
            writing: MessageWriting = .none
        ) {
            self.sequence = sequence
            self.body = body
            self.createdAt = createdAt
            self.predecessor = predecessor
            self.writing = writing
        }

        /// Makes a snapshot's message from a role and a text.
        public init(sequence: Int64, role: Role, content: String, createdAt: Timestamp, key: String? = nil) {
            self.init(
                sequence: sequence, body: ChatMessage(role: role, content: content, key: key), createdAt: createdAt)
        }

        /// Makes a snapshot's message from a stored message.
        public init(_ message: ChatStorageCore.Message) {
            self.init(
                sequence: message.sequence, body: message.body, createdAt: message.createdAt,
                predecessor: message.predecessor, writing: message.writing)
        }

        /// Who speaks.
        public var role: Role {
            get { body.role }
            set { body.role = newValue }
        }
        /// What is said: 0 to 16 MiB of UTF-8 without U+0000.
        public var content: String {
            get { body.content }
            set { body.content = newValue }
        }
        /// The key that it was appended with, nil for none; no other message of the snapshot has the same.
        public var key: String? {
            get { body.key }
            set { body.key = newValue }
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
    /// The sequence through which messages were read, 0 to ``lastSequence``.
    public var readThrough: Int64
    /// The last sequence that had been used when the conversation was last cleared, 0 for never.
    ///
    /// It is at most ``lastSequence`` and below the first message's sequence.
    public var clearedThrough: Int64
    /// The labels that the app put on it, at most 32.
    public var labels: Set<Label>
    /// What the app keeps beside it.
    public var metadata: Metadata
    /// The message at the end of the current path, 0 for none; nil for the last message.
    public var head: Int64?
    /// The messages of all branches, lowest sequence first; any number.
    public var messages: [Message]

    /// Makes a snapshot.
    ///
    /// - Parameters:
    ///   - id: The conversation's id.
    ///   - title: The title, or nil.
    ///   - createdAt: When it was created.
    ///   - updatedAt: When it was last changed.
    ///   - lastSequence: The highest sequence ever used; nil takes the last message's, or 0 without messages.
    ///   - readThrough: The sequence through which messages were read; 0 for none.
    ///   - clearedThrough: The last sequence that had been used when it was last cleared; 0 for never.
    ///   - labels: The labels that the app put on it, at most 32.
    ///   - metadata: What the app keeps beside it.
    ///   - head: The message at the end of the current path, 0 for none; nil for the last message.
    ///   - messages: The messages of all branches, lowest sequence first.
    public init(
        id: ConversationID, title: String? = nil, createdAt: Timestamp, updatedAt: Timestamp,
        lastSequence: Int64? = nil, readThrough: Int64 = 0, clearedThrough: Int64 = 0, labels: Set<Label> = [],
        metadata: Metadata = Metadata(), head: Int64? = nil, messages: [Message] = []
    ) {
        self.id = id
        self.title = title
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.lastSequence = lastSequence ?? messages.last?.sequence ?? 0
        self.readThrough = readThrough
        self.clearedThrough = clearedThrough
        self.labels = labels
        self.metadata = metadata
        self.head = head
        self.messages = messages
    }

    /// Makes a snapshot of messages alone, for previews and tests: their sequences count from 1, and their times are a
    /// second apart.
    ///
    /// - Parameters:
    ///   - id: The conversation's id.
    ///   - title: The title; by default none.
    ///   - messages: The messages, in order.
    ///   - labels: The labels on it; by default none.
    ///   - createdAt: When the conversation was created and the first message said; by default 2026-01-01T12:00:00Z.
    public init(
        _ id: ConversationID, title: String? = nil, _ messages: [ChatMessage], labels: Set<Label> = [],
        createdAt: Timestamp = Timestamp(microsecondsSinceEpoch: 1_767_268_800_000_000)
    ) {
        let numbered = messages.enumerated().map { index, message in
            let time = createdAt.microsecondsSinceEpoch + Int64(index) * 1_000_000
            return Message(
                sequence: Int64(index) + 1, body: message, createdAt: Timestamp(microsecondsSinceEpoch: time))
        }
        self.init(
            id: id, title: title, createdAt: createdAt, updatedAt: numbered.last?.createdAt ?? createdAt,
            labels: labels, messages: numbered)
    }

    /// The messages as they are stored when the snapshot is restored.
    ///
    /// A message that follows the one before it gets no predecessor, even if the snapshot names it.
    public var storedMessages: [ChatStorageCore.Message] {
        var before: Int64 = 0
        return messages.map { message in
            defer { before = message.sequence }
            return ChatStorageCore.Message(
                conversationID: id, sequence: message.sequence, body: message.body, createdAt: message.createdAt,
                predecessor: message.predecessor == before ? nil : message.predecessor,
                writing: message.writing == .none ? nil : message.writing)
        }
    }

    /// The conversation that restoring this snapshot makes.
    public var conversation: Conversation {
        let newest = messages.last?.sequence ?? 0
        var before: Int64 = 0
        let isBranched = messages.contains { message in
            defer { before = message.sequence }
            return message.predecessor ?? before != before
        }
        return Conversation(
            id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, lastSequence: lastSequence,
            messageCount: messages.count, readThrough: readThrough, labels: labels, metadata: metadata,
            clearedThrough: clearedThrough, head: head == newest ? nil : head, isBranched: isBranched)
    }
}

extension ConversationSnapshot: Hashable {
    /// Whether both are the same conversation with the same messages; texts are compared by their UTF-8 bytes.
    public static func == (left: ConversationSnapshot, right: ConversationSnapshot) -> Bool {
        left.conversation == right.conversation && left.storedMessages == right.storedMessages
    }

    /// Hashes the conversation.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(conversation)
    }
}

extension ConversationSnapshot.Message: Hashable {
    /// Hashes the sequence and the body.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(sequence)
        hasher.combine(body)
    }
}
