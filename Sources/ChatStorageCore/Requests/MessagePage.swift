/// A page of a conversation's messages.
public struct MessagePage: Sendable, Hashable {
    /// The messages, lowest sequence first.
    public let items: [Message]
    /// Whether there may be more messages beyond the page, in the direction that the query went.
    ///
    /// It is false where the page has fewer messages than the limit. To know it for sure, ask for the next page.
    public let hasMore: Bool

    /// Makes a page.
    ///
    /// - Parameters:
    ///   - items: The messages, lowest sequence first.
    ///   - hasMore: Whether there may be more beyond the page.
    public init(items: [Message], hasMore: Bool) {
        self.items = items
        self.hasMore = hasMore
    }

    /// Makes a page of what a backend read: a full page says that there may be more.
    ///
    /// - Parameters:
    ///   - items: The messages, lowest sequence first, no more than the limit.
    ///   - query: What was asked for.
    @inlinable
    public init(_ items: [Message], for query: MessageQuery) {
        self.init(items: items, hasMore: query.lookup == nil && items.count >= query.limit)
    }
}

extension MessagePage: Codable {
    /// Reads `{"items", "has_more"}`; ignores other members.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        self.init(items: try members.value("items"), hasMore: try members.value("has_more"))
    }

    /// Writes `{"items", "has_more"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(items, forKey: "items")
        try container.encode(hasMore, forKey: "has_more")
    }
}
