/// All messages of a conversation, lowest sequence first, read page by page.
///
/// However long the conversation is, memory holds one page: 1 to 200 messages, as many as had about 1 MiB of text in
/// the page before. Messages appended during the walk are reached; each message comes once. A conversation that does
/// not exist has none.
public struct MessageSequence: AsyncSequence, Sendable {
    /// A message.
    public typealias Element = Message

    private let storage: any ChatStorage
    private let conversationID: ConversationID
    private let start: Int64

    init(storage: any ChatStorage, conversationID: ConversationID, after start: Int64) {
        self.storage = storage
        self.conversationID = conversationID
        self.start = start
    }

    /// Starts a walk.
    public func makeAsyncIterator() -> Iterator {
        Iterator(storage: storage, conversationID: conversationID, last: start)
    }

    /// A walk over the messages.
    public struct Iterator: AsyncIteratorProtocol {
        private let storage: any ChatStorage
        private let conversationID: ConversationID
        private var last: Int64
        private var page: ArraySlice<Message> = []
        private var size = PageSize()

        init(storage: any ChatStorage, conversationID: ConversationID, last: Int64) {
            self.storage = storage
            self.conversationID = conversationID
            self.last = last
        }

        /// The next message, nil after the last.
        ///
        /// - Throws: What ``ChatStorage/messages(of:_:limit:)`` throws; `CancellationError` between pages.
        public mutating func next() async throws -> Message? {
            if page.isEmpty {
                let messages = try await storage.messages(of: conversationID, .after(last), limit: size.messages)
                size.adapt(to: messages)
                page = messages[...]
                last = messages.last?.sequence ?? last
            }
            return page.popFirst()
        }
    }
}
