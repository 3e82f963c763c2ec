/// Which messages of a conversation to remove.
///
/// A message that followed a removed one then follows the removed one's predecessor. No sequence is used again.
public struct MessageRemoval: Sendable {
    /// Which of a conversation's messages.
    ///
    /// A backend should `switch` over it without a default: if a selection is added, it then does not compile, instead
    /// of removing all messages.
    public enum Selection: Sendable, Hashable {
        /// All messages of the conversation, which stays and then has no branches.
        case all
        /// Those of these sequences, at most 1,000; the ones that are not there are left out.
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
