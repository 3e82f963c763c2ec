/// One state of a conversation: when it was created, what was appended and cleared, and where the head is.
///
/// ``AppendCondition/unchanged(_:)`` takes it. Every append, every clear and every change of the head makes another
/// version, and so do deleting a conversation and creating it again. Titles, labels, metadata, read marks and revisions
/// do not, nor does a removal, unless it changes ``head``.
public struct ConversationVersion: Sendable, Hashable {
    /// When the conversation was created: ``Conversation/createdAt``.
    public var createdAt: Timestamp
    /// The highest sequence that an append had used: ``Conversation/lastSequence``.
    public var lastSequence: Int64
    /// The last sequence that had been used when the messages were last cleared; 0 for never.
    public var clearedThrough: Int64
    /// The end of the current path, if that is not the newest message: ``Conversation/head``.
    public var head: Int64?

    /// Makes a version; for backends, and for apps that kept a conversation's values.
    ///
    /// - Parameters:
    ///   - createdAt: When the conversation was created.
    ///   - lastSequence: The highest sequence that an append had used.
    ///   - clearedThrough: The last sequence that had been used when the messages were last cleared; by default never.
    ///   - head: The end of the current path; by default the newest message.
    public init(createdAt: Timestamp, lastSequence: Int64, clearedThrough: Int64 = 0, head: Int64? = nil) {
        self.createdAt = createdAt
        self.lastSequence = lastSequence
        self.clearedThrough = clearedThrough
        self.head = head
    }
}

extension Conversation {
    /// The version that was read.
    public var version: ConversationVersion {
        ConversationVersion(
            createdAt: createdAt, lastSequence: lastSequence, clearedThrough: clearedThrough, head: head)
    }
}
