/// A change of a stored message: of what the app keeps beside it.
///
/// ```swift
/// try await chats.reviseMessage(MessageRevision(of: "trip", 4, metadata: .setting("rating", to: 1)))
/// ```
public struct MessageRevision: Sendable, Hashable {
    /// The conversation.
    public var conversationID: ConversationID
    /// The message's place in it.
    public var sequence: Int64
    /// What becomes of the message's metadata.
    public var metadata: MetadataChange

    /// Makes a request to change a message.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - sequence: The message's place in it.
    ///   - metadata: What becomes of the message's metadata.
    public init(of id: ConversationID, _ sequence: Int64, metadata: MetadataChange) {
        conversationID = id
        self.sequence = sequence
        self.metadata = metadata
    }
}
