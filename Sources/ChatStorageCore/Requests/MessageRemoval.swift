/// Which messages of a conversation to remove.
///
/// What followed a removed message follows its predecessor then. Its sequence is not used again.
public struct MessageRemoval: Sendable {
    /// Which of a conversation's messages.
    ///
    /// A backend should `switch` over it without a default: when there is another way to select, it then does not
    /// compile, instead of removing all messages.
    public enum Selection: Sendable, Hashable {
        /// All messages of the conversation, which stays and has no branches then.
        case all
        /// Those of these sequences, at most 1,000; what is not there is left out.
        case messages([Int64])
        /// The message of a sequence and all that descend from it; nothing if it is not there.
        case from(Int64)
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
