/// Gathers a page of conversations that a query asks for; for backends that walk their list.
///
/// A backend gives it the conversations in the order of the list, from the query's cursor on, until it is full or they
/// end. So all backends end a page at the same place, even one that passes over many.
public struct ConversationPageBuilder {
    private let query: ConversationQuery
    /// Only conversations with this label count as looked at; nil counts all.
    private let first: Label?
    private let mostLookedAt: Int
    private var lookedAt = 0
    private var items: [Conversation] = []
    private var last: Conversation?

    /// Whether the page is full and more follows.
    public private(set) var isFull = false

    /// Starts a page.
    ///
    /// - Parameter query: What is asked for; its limit is above 0.
    public init(_ query: ConversationQuery) {
        self.query = query
        first = query.with.min()
        mostLookedAt = Self.mostLookedAt(query)
    }

    /// How many conversations a page of the query looks at, at most; one more shows that there is a next page.
    public static func mostLookedAt(_ query: ConversationQuery) -> Int {
        let (sum, overflow) = query.limit.addingReportingOverflow(ConversationQuery.passedOver)
        return overflow ? .max : sum
    }

    /// Looks at the next conversation of the list, and takes it if it has the labels.
    ///
    /// - Parameters:
    ///   - conversation: The conversation.
    ///   - preview: Makes its preview of at most this many scalars; it is called only if the query asks for previews.
    public mutating func add(
        _ conversation: Conversation, preview: (_ scalars: Int) throws -> MessagePreview? = { _ in nil }
    ) rethrows {
        if let first, !conversation.labels.contains(first) { return }
        guard !isFull, items.count < query.limit, lookedAt < mostLookedAt else {
            isFull = true
            return
        }
        lookedAt += 1
        last = conversation
        guard query.with.isSubset(of: conversation.labels), query.without.isDisjoint(with: conversation.labels) else {
            return
        }
        var conversation = conversation
        if let scalars = query.preview { conversation.preview = try preview(scalars) }
        items.append(conversation)
    }

    /// The page.
    ///
    /// - Parameter tenant: The tenant that was read; empty for the default one.
    public func page(tenant: String) -> ConversationPage {
        let next = isFull ? last.map { ConversationCursor(after: $0, tenant: tenant) } : nil
        return ConversationPage(items: items, next: next)
    }
}
