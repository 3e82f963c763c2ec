/// Which conversations a page has: the most recently updated first, ties by the ids' UTF-8 bytes.
///
/// ```swift
/// let sidebar = try await chats.conversations(ConversationQuery(without: ["archived"], preview: 120))
/// ```
public struct ConversationQuery: Sendable, Hashable {
    /// How many conversations beyond its limit a page looks at; then it ends, and has a next one.
    ///
    /// With labels in ``with``, it looks only at conversations that have the first of them, by its bytes.
    public static let passedOver = 1_000

    /// ``ConversationPage/next`` of the page before; nil reads the first page.
    public var cursor: ConversationCursor?
    /// How many conversations at most, 0 or more; 0 reads nothing.
    public var limit: Int
    /// The labels that all of them have.
    public var with: Set<Label>
    /// The labels that none of them has.
    public var without: Set<Label>
    /// How many Unicode scalars each ``Conversation/preview`` has at most, 1 to 1,000; nil for no previews.
    public var preview: Int?
    /// Whether the page is only for deleting what is on it.
    ///
    /// The backends on databases then read only each conversation's id, `updatedAt` and `messageCount`; SQLite's also
    /// reads its labels if the query names any. So they read no metadata in vain, and other damaged values do not keep
    /// a user from being erased.
    package var isForDeletion = false

    /// Makes a query.
    ///
    /// - Parameters:
    ///   - cursor: ``ConversationPage/next`` of the page before; by default the first page is read.
    ///   - limit: How many conversations at most, 0 or more; by default 50.
    ///   - with: The labels that all of them have; by default none is required.
    ///   - without: The labels that none of them has; by default none.
    ///   - preview: How many Unicode scalars each preview has at most, 1 to 1,000; by default no previews.
    public init(
        after cursor: ConversationCursor? = nil, limit: Int = 50, with: Set<Label> = [], without: Set<Label> = [],
        preview: Int? = nil
    ) {
        self.cursor = cursor
        self.limit = limit
        self.with = with
        self.without = without
        self.preview = preview
    }
}
