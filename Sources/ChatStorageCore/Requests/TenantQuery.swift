/// Which of a store's tenants a page has: by the UTF-8 bytes of their names, the default tenant first.
public struct TenantQuery: Sendable, Hashable {
    /// ``TenantPage/next`` of the page before; nil reads the first page.
    public var after: String?
    /// How many tenants at most, 0 or more; 0 reads nothing.
    public var limit: Int

    /// Makes a query.
    ///
    /// - Parameters:
    ///   - name: ``TenantPage/next`` of the page before; by default the first page is read.
    ///   - limit: How many tenants at most, 0 or more; by default 50.
    public init(after name: String? = nil, limit: Int = 50) {
        after = name
        self.limit = limit
    }
}

/// A tenant that has conversations, as it was when it was counted.
public struct TenantSummary: Sendable, Hashable, Codable {
    /// The name; nil is the default tenant.
    public let name: String?
    /// How many conversations it has, 1 or more.
    public let conversations: Int
    /// How many messages they have together.
    public let messages: Int

    /// Makes a summary; for backends.
    public init(name: String?, conversations: Int, messages: Int) {
        self.name = name
        self.conversations = conversations
        self.messages = messages
    }
}

/// A page of a store's tenants.
public struct TenantPage: Sendable, Hashable, Codable {
    /// The tenants that have conversations, by the UTF-8 bytes of their names.
    public let items: [TenantSummary]
    /// Where the next page begins: the last tenant's name, empty for the default tenant; nil after the last page.
    public let next: String?

    /// Makes a page.
    public init(items: [TenantSummary], next: String?) {
        self.items = items
        self.next = next
    }

    /// Makes a page of what a backend read, up to one tenant more than was asked for.
    ///
    /// - Parameters:
    ///   - tenants: Up to `limit + 1` tenants; one too many means that there is a next page.
    ///   - limit: How many were asked for, 0 or more.
    public init(_ tenants: [TenantSummary], limit: Int) {
        let items = Array(tenants.prefix(limit))
        self.init(items: items, next: tenants.count > limit ? items.last.map { $0.name ?? "" } : nil)
    }
}
