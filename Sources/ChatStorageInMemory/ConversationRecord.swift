import ChatStorageCore

/// One conversation as it is kept: all but its id.
struct ConversationRecord: Sendable {
    let createdAt: Timestamp
    private(set) var title: String?
    private(set) var updatedAt: Timestamp
    private(set) var lastSequence: Int64
    private(set) var clearedThrough: Int64
    private(set) var readThrough: Int64
    /// Labels and metadata; nil for neither.
    private(set) var more: More?
    private(set) var messages: MessageLog
    /// Where the conversation stands in the order of the list: its `updatedAt`, or an earlier one it had.
    private(set) var listedAt: Timestamp

    /// What most conversations have not.
    final class More: Sendable {
        let labels: Set<Label>
        let metadata: Metadata

        private init(_ labels: Set<Label>, _ metadata: Metadata) {
            self.labels = labels
            self.metadata = metadata
        }

        /// Makes them; nil for nothing.
        ///
        /// An initializer that fails would have made the object before.
        static func of(labels: Set<Label>, metadata: Metadata) -> More? {
            labels.isEmpty && metadata.isEmpty ? nil : More(labels, metadata)
        }
    }

    init(_ conversation: Conversation, _ messages: MessageLog) {
        createdAt = conversation.createdAt
        title = conversation.title
        updatedAt = conversation.updatedAt
        lastSequence = conversation.lastSequence
        clearedThrough = conversation.version.clearedThrough
        readThrough = conversation.readThrough
        more = More.of(labels: conversation.labels, metadata: conversation.metadata)
        self.messages = messages
        listedAt = conversation.updatedAt
    }

    /// The conversation of this record; the id is known from where the record lies.
    func conversation(_ id: ConversationID) -> Conversation {
        Conversation(
            id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, lastSequence: lastSequence,
            messageCount: messages.count, readThrough: readThrough, labels: more?.labels ?? [],
            metadata: more?.metadata ?? Metadata(), clearedThrough: clearedThrough)
    }

    var labels: Set<Label> { more?.labels ?? [] }

    /// Whether the list shows the conversation where it stood before it was last touched.
    var isListedLate: Bool { listedAt != updatedAt }

    /// Changes all but the messages.
    mutating func update(_ id: ConversationID, _ change: ConversationChange, now: Timestamp) throws {
        let changed = try change.applied(to: conversation(id), at: now)
        title = changed.title
        updatedAt = changed.updatedAt
        readThrough = changed.readThrough
        more = More.of(labels: changed.labels, metadata: changed.metadata)
    }

    private var version: ConversationVersion {
        ConversationVersion(createdAt: createdAt, lastSequence: lastSequence, clearedThrough: clearedThrough)
    }

    /// Appends messages, or finds that they were appended before.
    mutating func append(_ new: NewMessages, now: Timestamp) throws -> AppendResult {
        if let repeated = try messages.repeated(new) { return AppendResult(messages: repeated, version: version) }
        if let expected = new.condition.expectedVersion, expected != version {
            throw ChatStorageError(
                .conflict, "the conversation is not the one that was read, was appended to since, or was cleared")
        }
        touch(now: now)
        let last = lastSequence
        lastSequence += Int64(new.messages.count)
        if new.marksRead { readThrough = lastSequence }
        let stored = messages.append(new.messages, to: new.conversationID, after: last, createdAt: updatedAt)
        return AppendResult(messages: stored, version: version)
    }

    /// Takes the messages away and hands them out to be counted and freed.
    mutating func clearMessages(now: Timestamp) -> MessageLog {
        touch(now: now)
        clearedThrough = lastSequence
        readThrough = lastSequence
        defer { messages = MessageLog() }
        return messages
    }

    /// Changes what the app keeps beside a message; nil if it is not there.
    mutating func revise(_ revision: MessageRevision) throws -> Message? {
        try messages.revise(revision)
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
