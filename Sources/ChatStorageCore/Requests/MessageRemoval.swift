/// Which messages of a conversation to remove.
public struct MessageRemoval: Sendable {
    /// Which of a conversation's messages.
    public struct Selection: Sendable, Hashable {
        /// All messages of the conversation, which stays; their sequences are not used again.
        public static let all = Selection()
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
