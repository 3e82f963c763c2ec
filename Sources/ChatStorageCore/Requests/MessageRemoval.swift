/// Which messages of a conversation to remove.
public struct MessageRemoval: Sendable {
    /// Which of a conversation's messages.
    ///
    /// A backend should `switch` over it without a default: when there is another way to select, it then does not
    /// compile, instead of removing all messages.
    public enum Selection: Sendable, Hashable {
        /// All messages of the conversation, which stays; their sequences are not used again.
        case all
    }

    /// The messages.
    public var selection: Selection
    /// The conversation.
    public var conversationID: ConversationID

    /// Makes a request to remove messages.
    ///
    /// - Parameters:
    ///   - selection: Which messages.
    ///   - id: The conversation.
    public init(_ selection: Selection, of id: ConversationID) {
        self.selection = selection
        conversationID = id
    }
}
