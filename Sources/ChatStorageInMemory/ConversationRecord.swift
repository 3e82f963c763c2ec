import ChatStorageCore

/// One conversation as it is kept: all but its id.
struct ConversationRecord: Sendable {
    let createdAt: Timestamp
    private(set) var title: String?
    private(set) var updatedAt: Timestamp
    private(set) var lastSequence: Int64
    private(set) var messages: MessageLog
    /// Where the conversation stands in the order of the list: its `updatedAt`, or an earlier one it had.
    private(set) var listedAt: Timestamp

    init(_ conversation: Conversation, _ messages: MessageLog) {
        createdAt = conversation.createdAt
        title = conversation.title
        updatedAt = conversation.updatedAt
        lastSequence = conversation.lastSequence
        self.messages = messages
        listedAt = conversation.updatedAt
    }

    /// The conversation of this record; the id is known from where the record lies.
    func conversation(_ id: ConversationID) -> Conversation {
        Conversation(id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, lastSequence: lastSequence)
    }

    /// Whether the list shows the conversation where it stood before it was last touched.
    var isListedLate: Bool { listedAt != updatedAt }

    mutating func updateTitle(to title: String?, now: Timestamp) {
        touch(now: now)
        self.title = title
    }

    private var version: ConversationVersion {
        ConversationVersion(createdAt: createdAt, lastSequence: lastSequence)
    }

    /// Appends messages, or finds that they were appended before.
    mutating func append(_ new: NewMessages, now: Timestamp) throws -> AppendResult {
        if let repeated = try messages.repeated(new) { return AppendResult(messages: repeated, version: version) }
        if let expected = new.condition.expectedVersion, expected != version {
            throw ChatStorageError(.conflict, "the conversation is not the one that was read, or was appended to since")
        }
        touch(now: now)
        let last = lastSequence
        lastSequence += Int64(new.messages.count)
        let stored = messages.append(new.messages, to: new.conversationID, after: last, createdAt: updatedAt)
        return AppendResult(messages: stored, version: version)
    }

    /// Takes the messages away and hands them out to be counted and freed.
    mutating func clearMessages(now: Timestamp) -> MessageLog {
        touch(now: now)
        defer { messages = MessageLog() }
        return messages
    }

    /// Notes that the list shows the conversation where it belongs.
    mutating func becomeListed() {
        listedAt = updatedAt
    }

    /// The conversation is updated now, or not earlier than before when the clock stepped back.
    private mutating func touch(now: Timestamp) {
        updatedAt = max(updatedAt, now)
    }
}
