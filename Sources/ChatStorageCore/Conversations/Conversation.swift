import ChatStorageSupport

/// A conversation, as it was when it was read; its messages are read apart.
public struct Conversation: Sendable, Identifiable {
    /// The id that the app chose.
    public let id: ConversationID
    /// The title, nil for none.
    public package(set) var title: String?
    /// When it was created; a conversation created again under a deleted id has a time of its own.
    public let createdAt: Timestamp
    /// When it was last appended to or retitled, or messages were last removed; it never goes back, even when the clock
    /// does.
    public package(set) var updatedAt: Timestamp
    /// The highest sequence that an append has used, 0 if none has; clearing does not lower it.
    public package(set) var lastSequence: Int64
    /// How many messages it has.
    public package(set) var messageCount: Int
    /// The sequence through which messages were read, 0 for none.
    public package(set) var readThrough: Int64
    /// The last sequence that had been used when its messages were last cleared; a part of the version.
    package var clearedThrough: Int64
    /// What most conversations do not have; nil for nothing, which makes lists cheap to copy.
    private var more: More?

    /// Labels, metadata, a preview and branches; never changed once made.
    private final class More: Sendable {
        let labels: Set<Label>
        let metadata: Metadata
        let preview: MessagePreview?
        let head: Int64?
        let isBranched: Bool

        private init(
            _ labels: Set<Label>, _ metadata: Metadata, _ preview: MessagePreview?, _ head: Int64?, _ isBranched: Bool
        ) {
            self.labels = labels
            self.metadata = metadata
            self.preview = preview
            self.head = head
            self.isBranched = isBranched
        }

        /// Makes them; nil for nothing.
        ///
        /// A failable initializer would allocate the object first.
        static func of(
            labels: Set<Label>, metadata: Metadata, preview: MessagePreview?, head: Int64?, isBranched: Bool
        ) -> More? {
            labels.isEmpty && metadata.isEmpty && preview == nil && !isBranched
                ? nil : More(labels, metadata, preview, head, isBranched)
        }
    }

    /// Makes a conversation; backends do, and apps in their previews and tests.
    ///
    /// - Parameters:
    ///   - id: The conversation's id.
    ///   - title: The title, or nil.
    ///   - createdAt: When it was created.
    ///   - updatedAt: When it was last appended to or retitled.
    ///   - lastSequence: The highest sequence that an append has used; 0 for none.
    ///   - messageCount: How many messages it has; by default as many as sequences were used.
    ///   - readThrough: The sequence through which messages were read; 0 for none.
    ///   - labels: What the app has stuck on it.
    ///   - metadata: What the app keeps beside it.
    ///   - clearedThrough: The last sequence that had been used when its messages were last cleared; 0 for never.
    ///   - preview: The newest message that says something, if the list was asked for it.
    ///   - head: The end of the current path where that is not the newest message.
    ///   - isBranched: Whether some message does not follow the one before it; with a head it is true.
    public init(
        id: ConversationID, title: String?, createdAt: Timestamp, updatedAt: Timestamp, lastSequence: Int64,
        messageCount: Int? = nil, readThrough: Int64 = 0, labels: Set<Label> = [], metadata: Metadata = Metadata(),
        clearedThrough: Int64 = 0, preview: MessagePreview? = nil, head: Int64? = nil, isBranched: Bool = false
    ) {
        self.id = id
        self.title = title
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.lastSequence = lastSequence
        self.messageCount = messageCount ?? Int(clamping: lastSequence - clearedThrough)
        self.readThrough = readThrough
        self.clearedThrough = clearedThrough
        more = More.of(
            labels: labels, metadata: metadata, preview: preview, head: head, isBranched: isBranched || head != nil)
    }

    private mutating func setMore(labels: Set<Label>, metadata: Metadata, preview: MessagePreview?) {
        more = More.of(labels: labels, metadata: metadata, preview: preview, head: head, isBranched: isBranched)
    }

    /// Makes a conversation without labels, metadata and preview.
    package init(
        plain id: ConversationID, title: String?, createdAt: Timestamp, updatedAt: Timestamp, lastSequence: Int64,
        messageCount: Int, readThrough: Int64, clearedThrough: Int64
    ) {
        self.id = id
        self.title = title
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.lastSequence = lastSequence
        self.messageCount = messageCount
        self.readThrough = readThrough
        self.clearedThrough = clearedThrough
        more = nil
    }

    /// Whether its counts fit together; in a store that another program wrote to they may not.
    package var hasPossibleCounts: Bool {
        lastSequence >= 0 && messageCount >= 0 && messageCount <= lastSequence && readThrough >= 0
            && readThrough <= lastSequence && clearedThrough >= 0 && clearedThrough <= lastSequence
    }

    /// The labels that the app put on it, at most 32.
    public package(set) var labels: Set<Label> {
        get { more?.labels ?? [] }
        set { setMore(labels: newValue, metadata: metadata, preview: preview) }
    }

    /// What the app keeps beside it; empty for nothing.
    public package(set) var metadata: Metadata {
        get { more?.metadata ?? Metadata() }
        set { setMore(labels: labels, metadata: newValue, preview: preview) }
    }

    /// The newest message that says something, if the list was asked for it; nil otherwise, or if there is none.
    public var preview: MessagePreview? {
        get { more?.preview }
        set { setMore(labels: labels, metadata: metadata, preview: newValue) }
    }

    /// The message at the end of the current path, 0 for none; nil where that is the newest message.
    ///
    /// The next append goes after it; it ends ``MessageQuery/Path-swift.enum/current``.
    public var head: Int64? { more?.head }

    /// Whether it has branched: some message does not follow the one before it, or the newest is not the head.
    public var isBranched: Bool { more?.isBranched ?? false }

    /// Says where the head is and whether the conversation has branched.
    package mutating func setBranches(head: Int64?, isBranched: Bool) {
        guard head != self.head || isBranched != self.isBranched else { return }
        more = More.of(labels: labels, metadata: metadata, preview: preview, head: head, isBranched: isBranched)
    }

    /// Whether there are unread messages at the end of the current path.
    ///
    /// Where the last message was removed unread, it stays true until the conversation is marked as read: the sequence
    /// of a removed message is not used again.
    public var hasUnread: Bool { messageCount > 0 && head ?? lastSequence > readThrough }
}

extension Conversation: Hashable {
    /// Whether both are the same conversation in the same state; texts are compared by their UTF-8 bytes.
    public static func == (left: Conversation, right: Conversation) -> Bool {
        left.id == right.id && left.createdAt == right.createdAt && left.updatedAt == right.updatedAt
            && left.lastSequence == right.lastSequence && left.title.hasSameUTF8(as: right.title)
            && left.messageCount == right.messageCount && left.readThrough == right.readThrough
            && left.clearedThrough == right.clearedThrough
            && (left.more === right.more
                || left.labels == right.labels && left.metadata == right.metadata && left.preview == right.preview
                    && left.head == right.head && left.isBranched == right.isBranched)
    }

    /// Hashes the id and the time of the last change.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(updatedAt)
    }
}
