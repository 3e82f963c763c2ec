public import ChatStorageCore

/// A conversation as a chat file has it.
public struct ArchivedConversation: Sendable {
    /// A message as a chat file has it.
    public struct Message: Sendable {
        /// Who speaks.
        public var role: Role
        /// What is said.
        public var content: String
        /// When it was said; nil if the file does not say.
        public var createdAt: Timestamp?

        /// Makes a message.
        public init(role: Role, content: String, createdAt: Timestamp? = nil) {
            self.role = role
            self.content = content
            self.createdAt = createdAt
        }
    }

    /// The file's id, or one that is derived from the content.
    public var id: ConversationID
    /// The title; nil if the file has none.
    public var title: String?
    /// The messages, in the file's order.
    public var messages: [Message]
    /// The names of the file's members that are not empty and not kept: `system`, `messages[].name`.
    public var leftOut: Set<String> = []

    /// Makes a conversation.
    public init(id: ConversationID, title: String? = nil, messages: [Message]) {
        self.id = id
        self.title = title
        self.messages = messages
    }

    /// The conversation as it is stored: with sequences counted from 1 and a time for every message.
    ///
    /// A message without a time takes that of the message before it; at the beginning, the first time that is known.
    ///
    /// - Parameter importTime: The time of all messages if the file knows none.
    public func snapshot(importTime: Timestamp) -> ConversationSnapshot {
        var time = messages.lazy.compactMap(\.createdAt).first ?? importTime
        let start = time
        var restored: [ConversationSnapshot.Message] = []
        restored.reserveCapacity(messages.count)
        for (index, message) in messages.enumerated() {
            time = message.createdAt ?? time
            restored.append(
                ConversationSnapshot.Message(
                    sequence: Int64(index) + 1, role: message.role, content: message.content, createdAt: time))
        }
        return ConversationSnapshot(id: id, title: title, createdAt: start, updatedAt: time, messages: restored)
    }

    /// Roughly what the conversation takes in memory.
    var byteCount: Int {
        messages.reduce(200) { $0 + $1.content.utf8.count + 64 }
    }
}
