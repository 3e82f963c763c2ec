/// Which messages of a conversation to remove.
public struct MessageRemoval: Sendable {
    /// Some of a conversation's messages.
    ///
    /// A `switch` over it without a default does not compile when there are other ways to select: a backend that did not
    /// look would remove all messages.
    public enum Selection: Sendable, Hashable {
        /// All messages. The conversation stays, and their sequences are not used again.
        case all
    }

    /// The messages.
    public var selection: Selection
    /// The conversation.
    public var conversationID: ConversationID

    /// Makes a request to remove messages.
    public init(_ selection: Selection, of id: ConversationID) {
        self.selection = selection
        conversationID = id
    }
}
