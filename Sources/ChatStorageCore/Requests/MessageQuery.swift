/// Which messages of a conversation are read: a page of them, or some by their sequences or keys.
public struct MessageQuery: Sendable, Hashable {
    /// Which of a conversation's messages a page has, if the conversation has branched.
    public enum Path: Sendable, Hashable {
        /// The conversation's head and what it follows, back to the beginning.
        case current
        /// The message of a sequence and what it follows; 0 is before all messages.
        ///
        /// A walk passes on ``MessagePage/through``, so that it stays on its path when the head moves.
        case through(Int64)
        /// All messages of all branches.
        case all
    }

    /// Messages to look up, at most 1,000, on any branch; those that are not there are left out.
    public enum Lookup: Sendable, Hashable {
        /// Those of these sequences.
        case sequences([Int64])
        /// Those of these keys.
        case keys([String])

        /// How many are looked up.
        public var count: Int {
            switch self {
            case .sequences(let sequences): sequences.count
            case .keys(let keys): keys.count
            }
        }
    }

    /// The conversation; one that does not exist has no messages.
    public var conversationID: ConversationID
    /// Where the page lies: at the end, before a sequence or after one.
    ///
    /// The page has the messages that are nearest: the *last* before a sequence, the *first* after it.
    public var position: MessagePosition
    /// How many messages at most, 0 or more; 0 reads nothing.
    public var limit: Int
    /// Which messages the page has, if the conversation has branched.
    public var path: Path
    /// The states of the messages; others are passed over.
    public var states: MessageStates
    /// The messages to look up in place of a page; nil reads the page.
    public let lookup: Lookup?

    /// Makes a query for a page.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - position: Where the page lies; by default at the end.
    ///   - path: Which messages the page has, if the conversation has branched; by default those of the current path.
    ///   - limit: How many messages at most, 0 or more; by default 20.
    ///   - states: The states of the messages; by default every state.
    public init(
        of id: ConversationID, _ position: MessagePosition = .end, on path: Path = .current, limit: Int = 20,
        states: MessageStates = .all
    ) {
        conversationID = id
        self.position = position
        self.limit = limit
        self.path = path
        self.states = states
        lookup = nil
    }

    /// Makes a query for messages by what identifies them, of every state and on any branch.
    ///
    /// They come lowest sequence first, each once.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - lookup: Their sequences or keys, at most 1,000.
    public init(of id: ConversationID, _ lookup: Lookup) {
        conversationID = id
        position = .end
        limit = lookup.count
        path = .current
        states = .all
        self.lookup = lookup
    }
}
