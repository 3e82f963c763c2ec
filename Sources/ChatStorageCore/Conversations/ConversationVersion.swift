/// Which conversation of an id, and what was appended to it and cleared from it.
///
/// ``AppendCondition/unchanged(_:)`` takes it. Every append and every clear makes another version, and so do deleting a
/// conversation and creating it again. Titles, labels, metadata and read marks do not.
public struct ConversationVersion: Sendable, Hashable {
    /// When the conversation was created: ``Conversation/createdAt``.
    public var createdAt: Timestamp
    /// The highest sequence that an append had used: ``Conversation/lastSequence``.
    public var lastSequence: Int64
    /// The last sequence that had been used when the messages were last cleared; 0 for never.
    public var clearedThrough: Int64

    /// Makes a version; backends do, and apps of what they kept of a conversation that they read.
    ///
    /// - Parameters:
    ///   - createdAt: When the conversation was created.
    ///   - lastSequence: The highest sequence that an append had used.
    ///   - clearedThrough: The last sequence that had been used when the messages were last cleared; by default never.
    public init(createdAt: Timestamp, lastSequence: Int64, clearedThrough: Int64 = 0) {
        self.createdAt = createdAt
        self.lastSequence = lastSequence
        self.clearedThrough = clearedThrough
    }
}

extension Conversation {
    /// The version that was read.
    public var version: ConversationVersion {
        ConversationVersion(createdAt: createdAt, lastSequence: lastSequence, clearedThrough: clearedThrough)
    }
}
