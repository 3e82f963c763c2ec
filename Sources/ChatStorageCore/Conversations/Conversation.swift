import ChatStorageSupport

/// A conversation, as it was when it was read; its messages are read separately.
public struct Conversation: Sendable, Identifiable {
    /// The id that the app chose.
    public let id: ConversationID
    /// The title, nil for none.
    public package(set) var title: String? {
        @inlinable get { storedTitle }
        set { storedTitle = newValue }
    }
    /// When it was created; a conversation created again under a deleted id has a time of its own.
    public let createdAt: Timestamp
    /// When it was last appended to or retitled, or messages were last removed; it never goes back, even if the clock
    /// does.
    public package(set) var updatedAt: Timestamp {
        @inlinable get { storedUpdatedAt }
        set { storedUpdatedAt = newValue }
    }
    /// The highest sequence that an append has used, 0 if none has; clearing does not lower it.
    public package(set) var lastSequence: Int64 {
        @inlinable get { storedLastSequence }
        set { storedLastSequence = newValue }
    }
    // Apart from the public properties, so that inlinable initializers can set them.
    @usableFromInline var storedTitle: String?
    @usableFromInline var storedUpdatedAt: Timestamp
    @usableFromInline var storedLastSequence: Int64
    /// What most conversations do not have; nil for nothing, so that lists copy little.
    @usableFromInline var more: More?

    /// What most conversations do not have.
    struct Rare: Sendable, Equatable {
        /// How many of the sequences that were used have no message.
        var removedCount: Int64 = 0
        var readThrough: Int64 = 0
        var clearedThrough: Int64 = 0
        var labels: Set<Label> = []
        var metadata = Metadata()
        var preview: MessagePreview?
        var head: Int64?
        var isBranched = false

        var isNothing: Bool {
            removedCount == 0 && readThrough == 0 && clearedThrough == 0 && labels.isEmpty && metadata.isEmpty
                && preview == nil && !isBranched
        }
    }

    /// What a conversation has beside a title; never changed once it is made.
    @usableFromInline final class More: Sendable {
        let values: Rare

        init(_ values: Rare) { self.values = values }
    }

    private var rare: Rare {
        get { more?.values ?? Rare() }
        set { more = newValue.isNothing ? nil : More(newValue) }
    }

    /// Makes a conversation; for backends, and for apps' previews and tests.
    ///
    /// - Parameters:
    ///   - id: The conversation's id.
    ///   - title: The title, or nil.
    ///   - createdAt: When it was created.
    ///   - updatedAt: When it was last appended to or retitled, or messages were last removed.
    ///   - lastSequence: The highest sequence that an append has used; 0 for none.
    ///   - messageCount: How many messages it has; by default one for each sequence after `clearedThrough`.
    ///   - readThrough: The sequence through which messages were read; 0 for none.
    ///   - labels: The labels that the app put on it, at most 32.
    ///   - metadata: What the app keeps beside it.
    ///   - clearedThrough: The last sequence that had been used when its messages were last cleared; 0 for never.
    ///   - preview: The newest message that says something, if the list was asked for it.
    ///   - head: The end of the current path, if that is not the newest message.
    ///   - isBranched: Whether some message does not follow the one before it; with a head it is true.
    public init(
        id: ConversationID, title: String?, createdAt: Timestamp, updatedAt: Timestamp, lastSequence: Int64,
        messageCount: Int? = nil, readThrough: Int64 = 0, labels: Set<Label> = [], metadata: Metadata = Metadata(),
        clearedThrough: Int64 = 0, preview: MessagePreview? = nil, head: Int64? = nil, isBranched: Bool = false
    ) {
        self.id = id
        storedTitle = title
        self.createdAt = createdAt
        storedUpdatedAt = updatedAt
        storedLastSequence = lastSequence
        rare = Rare(
            removedCount: messageCount.map { lastSequence &- Int64($0) } ?? clearedThrough, readThrough: readThrough,
            clearedThrough: clearedThrough, labels: labels, metadata: metadata, preview: preview, head: head,
            isBranched: isBranched || head != nil)
    }

    /// Makes a conversation that has a message of each sequence, and nothing else beside a title.
    @inlinable package init(
        plain id: ConversationID, title: String?, createdAt: Timestamp, updatedAt: Timestamp, lastSequence: Int64
    ) {
        // Inlined, since backends make one for each row that they read.
        self.id = id
        storedTitle = title
        self.createdAt = createdAt
        storedUpdatedAt = updatedAt
        storedLastSequence = lastSequence
        more = nil
    }

    /// How many messages it has.
    public package(set) var messageCount: Int {
        get { Int(truncatingIfNeeded: lastSequence &- removedCount) }
        set { rare.removedCount = lastSequence &- Int64(newValue) }
    }

    /// How many of the sequences that were used have no message.
    package var removedCount: Int64 { more?.values.removedCount ?? 0 }

    /// The sequence through which messages were read, 0 for none.
    public package(set) var readThrough: Int64 {
        get { more?.values.readThrough ?? 0 }
        set { rare.readThrough = newValue }
    }

    /// The last sequence that had been used when its messages were last cleared; a part of the version.
    package var clearedThrough: Int64 {
        get { more?.values.clearedThrough ?? 0 }
        set { rare.clearedThrough = newValue }
    }

    /// Whether its counts are consistent; in a store that another program wrote to, they may not be.
    package var hasPossibleCounts: Bool {
        lastSequence >= 0 && messageCount >= 0 && messageCount <= lastSequence && readThrough >= 0
            && readThrough <= lastSequence && clearedThrough >= 0 && clearedThrough <= lastSequence
    }

    /// The labels that the app put on it, at most 32.
    public package(set) var labels: Set<Label> {
        get { more?.values.labels ?? [] }
        set { rare.labels = newValue }
    }

    /// What the app keeps beside it; empty for nothing.
    public package(set) var metadata: Metadata {
        get { more?.values.metadata ?? Metadata() }
        set { rare.metadata = newValue }
    }

    /// The newest message that says something, if the list was asked for it; nil otherwise, or if there is none.
    public var preview: MessagePreview? {
        get { more?.values.preview }
        set { rare.preview = newValue }
    }

    /// The message at the end of the current path, 0 for none; nil if that is the newest message.
    ///
    /// The next append goes after it, and ``MessageQuery/Path-swift.enum/current`` ends with it.
    public var head: Int64? { more?.values.head }

    /// Whether it has branched: a message does not follow the one before it, or the newest message is not the head.
    public var isBranched: Bool { more?.values.isBranched ?? false }

    /// Says where the head is and whether the conversation has branched.
    package mutating func setBranches(head: Int64?, isBranched: Bool) {
        guard head != self.head || isBranched != self.isBranched else { return }
        // Both at once: a head without a branch would be dropped as nothing.
        var rare = rare
        rare.head = head
        rare.isBranched = isBranched
        self.rare = rare
    }

    /// Whether there are unread messages at the end of the current path.
    ///
    /// If the last message was removed unread, it stays true until the conversation is marked as read: the sequence of
    /// a removed message is not used again.
    public var hasUnread: Bool { messageCount > 0 && head ?? lastSequence > readThrough }
}

extension Conversation: Hashable {
    /// Whether both are the same conversation in the same state; texts are compared by their UTF-8 bytes.
    public static func == (left: Conversation, right: Conversation) -> Bool {
        left.id == right.id && left.createdAt == right.createdAt && left.updatedAt == right.updatedAt
            && left.lastSequence == right.lastSequence && left.title.hasSameUTF8(as: right.title)
            && (left.more === right.more || left.rare == right.rare)
    }

    /// Hashes the id and the time of the last change.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(updatedAt)
    }
}
