/// A page of a conversation's messages.
public struct MessagePage: Sendable, Hashable {
    /// The messages, lowest sequence first.
    public let items: [Message]
    /// Whether there may be more messages beyond the page, in the direction that the query went.
    ///
    /// It is false if the page has fewer messages than the limit. To know for sure, ask for the next page.
    public let hasMore: Bool
    /// The end of the page's path, which a walk passes on to stay on it; nil for the current path of a conversation
    /// that has not branched, and for a page of all branches.
    public let through: Int64?

    /// Makes a page.
    ///
    /// - Parameters:
    ///   - items: The messages, lowest sequence first.
    ///   - hasMore: Whether there may be more beyond the page.
    ///   - through: The end of the page's path; by default the conversation has not branched.
    public init(items: [Message], hasMore: Bool, through: Int64? = nil) {
        self.items = items
        self.hasMore = hasMore
        self.through = through
    }

    /// Makes a page of what a backend read: a full page says that there may be more.
    ///
    /// - Parameters:
    ///   - items: The messages, lowest sequence first, no more than the limit.
    ///   - query: What was asked for.
    ///   - through: The end of the page's path; by default the conversation has not branched.
    @inlinable
    public init(_ items: [Message], for query: MessageQuery, through: Int64? = nil) {
        self.init(items: items, hasMore: query.lookup == nil && items.count >= query.limit, through: through)
    }
}

extension MessagePage: Codable {
    /// Reads `{"items", "has_more"}`, and `"through"`, absent or null for none; ignores other members.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(
            items: try members.value("items"), hasMore: try members.value("has_more"),
            through: try members.optional("through"))
    }

    /// Writes `{"items", "has_more"}`, and `"through"` if there is one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(items, forKey: "items")
        try container.encode(hasMore, forKey: "has_more")
        try container.encodeIfPresent(through, forKey: "through")
    }
}
