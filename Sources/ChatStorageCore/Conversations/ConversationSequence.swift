/// All conversations of a tenant, most recently updated first, read page by page.
///
/// However many there are, memory holds one page. Each conversation that does not change meanwhile comes exactly once;
/// one that is updated during the walk moves to the front of the order, and so may be missed or come twice.
public struct ConversationSequence: AsyncSequence, Sendable {
    /// A conversation.
    public typealias Element = Conversation

    private let storage: any ChatStorage

    init(storage: any ChatStorage) {
        self.storage = storage
    }

    /// Starts a walk.
    public func makeAsyncIterator() -> Iterator {
        Iterator(storage: storage)
    }

    /// A walk over the conversations.
    public struct Iterator: AsyncIteratorProtocol {
        private static let conversationsPerPage = 200

        private let storage: any ChatStorage
        private var page: ArraySlice<Conversation> = []
        private var next: ConversationCursor?
        private var isLastPage = false

        init(storage: any ChatStorage) {
            self.storage = storage
        }

        /// The next conversation, nil after the last.
        ///
        /// - Throws: What ``ChatStorage/conversations(after:limit:)`` throws; `CancellationError` between pages.
        public mutating func next() async throws -> Conversation? {
            if page.isEmpty, !isLastPage {
                let read = try await storage.conversations(after: next, limit: Self.conversationsPerPage)
                page = read.items[...]
                next = read.next
                isLastPage = next == nil
            }
            return page.popFirst()
        }
    }
}
