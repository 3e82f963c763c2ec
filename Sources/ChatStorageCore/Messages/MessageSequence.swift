/// All messages of a conversation's current path, or of all its branches, lowest sequence first, read page by page.
///
/// However long the conversation is, memory holds one page: 1 to 200 messages, which have about 1 MiB of text if they
/// are as long as those of the page before. Messages appended during the walk are reached, unless the conversation has
/// branched; each message comes once. A conversation that does not exist has none.
public struct MessageSequence: AsyncSequence, Sendable {
    /// A message.
    public typealias Element = Message

    private let storage: any ChatStorage
    private let query: MessageQuery

    init(storage: any ChatStorage, query: MessageQuery) {
        self.storage = storage
        self.query = query
    }

    /// Starts a walk.
    public func makeAsyncIterator() -> Iterator {
        Iterator(storage: storage, query: query)
    }

    /// A walk over the messages.
    public struct Iterator: AsyncIteratorProtocol {
        private let storage: any ChatStorage
        private var query: MessageQuery
        private var page: ArraySlice<Message> = []
        private var size = PageSize()

        init(storage: any ChatStorage, query: MessageQuery) {
            self.storage = storage
            self.query = query
        }

        /// The next message, nil after the last.
        ///
        /// - Throws: What ``ChatStorage/messages(of:_:limit:)`` throws; `CancellationError` between pages.
        public mutating func next() async throws -> Message? {
            if page.isEmpty {
                query.limit = size.messages
                let found = try await storage.messages(query)
                size.adapt(to: found.items)
                page = found.items[...]
                if let last = found.items.last { query.position = .after(last.sequence) }
                // The walk stays on its path when the head moves.
                if let through = found.through { query.path = .through(through) }
            }
            return page.popFirst()
        }
    }
}
