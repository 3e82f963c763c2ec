/// Which conversation of an id, and how far it has been appended to.
///
/// ``AppendCondition/unchanged(_:)`` takes it. Every append makes another version, and so do deleting a conversation
/// and creating it again; clearing its messages or changing its title does not.
public struct ConversationVersion: Sendable, Hashable {
    /// When the conversation was created: ``Conversation/createdAt``.
    public var createdAt: Timestamp
    /// The highest sequence that an append had used: ``Conversation/lastSequence``.
    public var lastSequence: Int64

    /// Makes a version, of what an app kept of a conversation that it read.
    public init(createdAt: Timestamp, lastSequence: Int64) {
        self.createdAt = createdAt
        self.lastSequence = lastSequence
    }
}

extension Conversation {
    /// The version that was read.
    public var version: ConversationVersion {
        ConversationVersion(createdAt: createdAt, lastSequence: lastSequence)
    }
}
