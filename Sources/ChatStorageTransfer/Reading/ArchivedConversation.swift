public import ChatStorageCore

/// A conversation as a chat file has it.
public struct ArchivedConversation: Sendable {
    /// A message as a chat file has it.
    public struct Message: Sendable {
        /// What is said, and by whom.
        public var body: ChatMessage
        /// The message's place in its conversation; nil takes the one after the message before.
        public var sequence: Int64?
        /// When it was said; nil if the file does not say.
        public var createdAt: Timestamp?
        /// The message that it follows, 0 for none; nil for the message before it in the file.
        public var predecessor: Int64?
        /// What became of it since it was appended as an answer under way; of any other message
        /// `MessageWriting/none`.
        public var writing: MessageWriting

        /// Makes a message.
        ///
        /// - Parameters:
        ///   - body: What is said, and by whom.
        ///   - sequence: Its place in its conversation; by default the one after the message before.
        ///   - createdAt: When it was said; by default the file does not say.
        ///   - predecessor: The message that it follows, 0 for none; by default the message before it in the file.
        ///   - writing: What became of it since it was appended as an answer under way; by default it was whole.
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

    /// The file's id, or one that is derived from the content.
    public var id: ConversationID
    /// The tenant that it belongs to in an archive of a whole store; nil for the default one, and in all other files.
    public var tenant: String?
    /// The title; nil if the file has none.
    public var title: String?
    /// When it was created; nil takes the time of its first message.
    public var createdAt: Timestamp?
    /// When it was last changed; nil takes the time of its last message.
    public var updatedAt: Timestamp?
    /// The highest sequence ever used; nil takes the last message's.
    public var lastSequence: Int64?
    /// The sequence through which messages were read; nil says that all were.
    public var readThrough: Int64?
    /// The last sequence that had been used when it was last cleared, 0 for never.
    public var clearedThrough: Int64 = 0
    /// What was stuck on it.
    public var labels: Set<Label> = []
    /// What was kept beside it.
    public var metadata: Metadata = [:]
    /// The message at the end of the current path, 0 for none; nil for the last message.
    public var head: Int64?
    /// The messages of all branches, in the file's order.
    public var messages: [Message]
    /// The names of the file's members that are not empty and not kept: `tools`, `messages[].logprobs`.
    public var leftOut: Set<String> = []
    /// What a lenient reader mended: how many values of each kind.
    public var mended: [Mending: Int] = [:]
    /// Whether the importer mends what can be mended before it stores the conversation; a lenient reader sets it.
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
    /// Sequences count from 1. A message without a time takes that of the message before it; at the beginning, the
    /// conversation's, or the first time that is known. Everything is read, unless the file says otherwise.
    ///
    /// - Parameter importTime: The time of all messages if the file knows none.
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

    /// Roughly what the conversation takes in memory.
    var byteCount: Int {
        messages.reduce(200) { $0 + $1.body.storedBytes + 64 }
    }
}
