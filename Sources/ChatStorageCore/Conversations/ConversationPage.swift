/// A page of a walk over all conversations.
public struct ConversationPage: Sendable, Hashable {
    /// The conversations, most recently updated first.
    public let items: [Conversation]
    /// Where the next page begins; nil after the last page.
    ///
    /// A page that passed over many conversations without the right labels can be short, even empty, and still have a
    /// next one.
    public let next: ConversationCursor?

    /// Makes a page.
    public init(items: [Conversation], next: ConversationCursor?) {
        self.items = items
        self.next = next
    }

    /// Makes a page of what a backend read, up to one conversation more than was asked for.
    ///
    /// - Parameters:
    ///   - conversations: Up to `limit + 1` conversations, most recently updated first; one too many means that
    ///     there is a next page.
    ///   - limit: How many were asked for, 0 or more.
    ///   - tenant: The tenant that was read.
    public init(_ conversations: consuming [Conversation], limit: Int, tenant: String) {
        guard conversations.count > limit, limit > 0 else {
            self.init(items: limit > 0 ? conversations : [], next: nil)
            return
        }
        // A backend hands over its only reference, so this copies no conversation.
        conversations.removeLast(conversations.count - limit)
        let next = ConversationCursor(after: conversations[limit - 1], tenant: tenant)
        self.init(items: conversations, next: next)
    }
}
