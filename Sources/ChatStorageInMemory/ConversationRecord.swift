import ChatStorageCore

/// One conversation as it is kept; an object, so that a read copies no more of it than it returns.
///
// `@unchecked Sendable`: one `TenantConversations` holds it, see `copied`, and the store locks that.
final class ConversationRecord: @unchecked Sendable {
    /// As it is handed out, so that reading it copies little.
    private(set) var conversation: Conversation
    // Swift would look at run time whether two changes of it overlap, which the lock excludes: a twentieth of an append.
    @exclusivity(unchecked)
    private(set) var messages: MessageLog
    /// Where the conversation stands in the order of the list: its `updatedAt`, or an earlier one it had.
    private(set) var listedAt: Timestamp

    init(_ conversation: Conversation, _ messages: MessageLog) {
        self.conversation = conversation
        self.messages = messages
        listedAt = conversation.updatedAt
    }

    /// A record of its own that holds the same.
    func copied() -> ConversationRecord {
        let copy = ConversationRecord(conversation, messages)
        copy.listedAt = listedAt
        return copy
    }

    /// Whether the list shows the conversation where it stood before it was last touched.
    var isListedLate: Bool { listedAt != conversation.updatedAt }

    /// Changes all but the messages.
    func update(_ change: ConversationChange, now: Timestamp) throws {
        conversation = try change.applied(to: conversation, at: now)
    }

    /// Appends messages, or finds that they were appended before.
    func append(_ new: NewMessages, now: Timestamp) throws -> AppendResult {
        if let repeated = try messages.repeated(new) {
            return AppendResult(messages: repeated, version: conversation.version)
        }
        if let expected = new.condition.expectedVersion, expected != conversation.version {
            throw ChatStorageError(
                .conflict, "the conversation is not the one that was read, was appended to since, or was cleared")
        }
        touch(now: now)
        let last = conversation.lastSequence
        conversation.lastSequence += Int64(new.messages.count)
        conversation.messageCount += new.messages.count
        if new.marksRead { conversation.readThrough = conversation.lastSequence }
        let stored = messages.append(
            new.messages, to: new.conversationID, after: last, createdAt: conversation.updatedAt)
        return AppendResult(messages: stored, version: conversation.version)
    }

    /// Takes the messages away and hands them out to be counted and freed.
    func clearMessages(now: Timestamp) -> MessageLog {
        touch(now: now)
        conversation.clearedThrough = conversation.lastSequence
        conversation.readThrough = conversation.lastSequence
        conversation.messageCount = 0
        defer { messages = MessageLog() }
        return messages
    }

    /// Changes what the app keeps beside a message; nil if it is not there.
    func revise(_ revision: MessageRevision) throws -> Message? {
        try messages.revise(revision)
    }

    /// Notes that the list shows the conversation where it belongs.
    func becomeListed() {
        listedAt = conversation.updatedAt
    }

    /// The conversation is updated now, or not earlier than before when the clock stepped back.
    private func touch(now: Timestamp) {
        conversation.updatedAt = max(conversation.updatedAt, now)
    }
}
