public import ChatStorageCore

/// A conversation read from a chat file.
public struct ArchivedConversation: Sendable {
    /// A message read from a chat file.
    public struct Message: Sendable {
        /// What is said, and by whom.
        public var body: ChatMessage
        /// The message's place in its conversation; nil means the one after the previous message's.
        public var sequence: Int64?
        /// When it was said; nil if the file does not say.
        public var createdAt: Timestamp?
        /// The message that it follows, 0 for none; nil for the message before it in the file.
        public var predecessor: Int64?
        /// How the writing went, if it was appended as an answer under way; otherwise `MessageWriting/none`.
        public var writing: MessageWriting

        /// Makes a message.
        ///
        /// - Parameters:
        ///   - body: What is said, and by whom.
        ///   - sequence: Its place in its conversation; by default the one after the previous message's.
        ///   - createdAt: When it was said; by default the file does not say.
        ///   - predecessor: The message that it follows, 0 for none; by default the message before it in the file.
        ///   - writing: How the writing went, if it was appended as an answer under way; by default it was not.
        public init(
            _ body: ChatMessage, sequence: Int64? = nil, createdAt: Timestamp? = nil, predecessor: Int64? = nil,
            writing: MessageWriting = .none
        ) {
            self.body = body
            self.sequence = sequence
            self.createdAt = createdAt
            self.predecessor = predecessor
            self.writing = writing
        }

        /// Makes a message of a role and a text.
        public init(role: Role, content: String, createdAt: Timestamp? = nil) {
            self.init(ChatMessage(role: role, content: content), createdAt: createdAt)
        }

        /// Who speaks.
        public var role: Role {
            get { body.role }
            set { body.role = newValue }
        }
        /// What is said.
        public var content: String {
            get { body.content }
            set { body.content = newValue }
        }
    }

    /// The id in the file, or one that is derived from the content.
    public var id: ConversationID
    /// Its tenant, in an archive of a whole store; nil for the default tenant, and in all other files.
    public var tenant: String?
    /// The title; nil if the file has none.
    public var title: String?
    /// When it was created; nil means at the time of its first message.
    public var createdAt: Timestamp?
    /// When it was last changed; nil means at the time of its last message.
    public var updatedAt: Timestamp?
    /// The highest sequence ever used; nil means the last message's.
    public var lastSequence: Int64?
    /// The sequence up to which messages were read; nil means all of them.
    public var readThrough: Int64?
    /// The last sequence in use when it was last cleared; 0 if it never was.
    public var clearedThrough: Int64 = 0
    /// The labels.
    public var labels: Set<Label> = []
    /// The metadata.
    public var metadata: Metadata = [:]
    /// The message at the end of the current path, 0 for none; nil for the last message.
    public var head: Int64?
    /// The messages of all branches, in the file's order.
    public var messages: [Message]
    /// The paths of the members that are neither empty nor kept: `tools`, `messages[].logprobs`.
    public var leftOut: Set<String> = []
    /// How many values of each kind a lenient reader mended.
    public var mended: [Mending: Int] = [:]
    /// Whether the importer mends the conversation before it stores it; a lenient reader sets this.
    public var isToBeMended = false

    /// Whether its file is an archive of a whole store, whose conversations belong to tenants.
    var isOfWholeStore = false

    /// Makes a conversation.
    public init(id: ConversationID, title: String? = nil, messages: [Message]) {
        self.id = id
        self.title = title
        self.messages = messages
    }

    /// The conversation as it is stored: with a sequence and a time for every message.
    ///
    /// Sequences count from 1. A message without a time gets that of the message before it; at the beginning, the
    /// conversation's, or the first known time. All messages count as read, unless the file says otherwise.
    ///
    /// - Parameter importTime: The time of all messages if the file has none.
    public func snapshot(importTime: Timestamp) -> ConversationSnapshot {
        let start = createdAt ?? messages.lazy.compactMap(\.createdAt).first ?? updatedAt ?? importTime
        var (time, sequence) = (start, Int64(0))
        var restored: [ConversationSnapshot.Message] = []
        restored.reserveCapacity(messages.count)
        for message in messages {
            time = message.createdAt ?? time
            sequence = message.sequence ?? (sequence &+ 1)
            restored.append(
                ConversationSnapshot.Message(
                    sequence: sequence, body: message.body, createdAt: time, predecessor: message.predecessor,
                    writing: message.writing))
        }
        let last = lastSequence ?? sequence
        return ConversationSnapshot(
            id: id, title: title, createdAt: start, updatedAt: updatedAt ?? time, lastSequence: last,
            readThrough: readThrough ?? last, clearedThrough: clearedThrough, labels: labels, metadata: metadata,
            head: head, messages: restored)
    }

    /// Roughly how many bytes of memory the conversation takes.
    var byteCount: Int {
        messages.reduce(200) { $0 + $1.body.storedBytes + 64 }
    }
}
