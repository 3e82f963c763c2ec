/// Which conversations a page has: the most recently updated first, ties by the ids' UTF-8 bytes.
public struct ConversationQuery: Sendable {
    /// ``ConversationPage/next`` of the page before; nil reads the first page.
    public var cursor: ConversationCursor?
    /// How many conversations at most, 0 or more; 0 reads nothing.
    public var limit: Int

    /// Makes a query.
    ///
    /// - Parameters:
    ///   - cursor: ``ConversationPage/next`` of the page before; by default the first page is read.
    ///   - limit: How many conversations at most, 0 or more; by default 50.
    public init(after cursor: ConversationCursor? = nil, limit: Int = 50) {
        self.cursor = cursor
        self.limit = limit
    }
}
