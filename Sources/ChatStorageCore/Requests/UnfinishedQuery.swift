import ChatStorageSupport

/// Which of a store's answers under way a page has: those of all tenants that nobody has written for a while.
public struct UnfinishedQuery: Sendable, Hashable {
    /// For how long nobody has written them, by the clock that gives the store its times.
    public var notRevisedFor: Duration
    /// ``UnfinishedPage/next`` of the page before; nil reads the first page.
    public var after: UnfinishedMessage.Place?
    /// How many at most, 0 or more; 0 reads nothing.
    public var limit: Int

    /// Makes a query.
    ///
    /// - Parameters:
    ///   - duration: For how long nobody has written them, zero or longer. By default a live writer writes at least
    ///     every 15 seconds, so a minute means that it is dead.
    ///   - place: ``UnfinishedPage/next`` of the page before; by default the first page is read.
    ///   - limit: How many at most, 0 or more; by default 50.
    public init(notRevisedFor duration: Duration, after place: UnfinishedMessage.Place? = nil, limit: Int = 50) {
        notRevisedFor = duration
        after = place
        self.limit = limit
    }
}

/// An answer under way, and whose it is.
public struct UnfinishedMessage: Sendable, Hashable {
    /// Where an answer stands in the order of all: by the bytes of tenant and conversation, then by sequence.
    public struct Place: Sendable, Hashable {
        /// The tenant's name; nil is the default tenant, which is the first.
        public let tenant: String?
        /// The message.
        public let message: Message.ID

        /// Makes a place.
        public init(tenant: String?, message: Message.ID) {
            self.tenant = tenant
            self.message = message
        }
    }

    /// The tenant's name; nil is the default tenant.
    public let tenant: String?
    /// The message, ``MessageState/streaming``.
    public let message: Message

    /// Makes an answer under way; for backends.
    public init(tenant: String?, message: Message) {
        self.tenant = tenant
        self.message = message
    }

    /// Where it stands.
    public var place: Place { Place(tenant: tenant, message: message.id) }
}

extension UnfinishedMessage.Place: Comparable {
    /// Whether one stands before another: by the bytes of tenant and conversation, then by sequence.
    public static func < (left: Self, right: Self) -> Bool {
        let (mine, its) = (left.tenant ?? "", right.tenant ?? "")
        if !mine.hasSameUTF8(as: its) { return mine.precedesInUTF8(its) }
        return (left.message.conversationID, left.message.sequence)
            < (right.message.conversationID, right.message.sequence)
    }
}

/// A page of a store's answers under way.
public struct UnfinishedPage: Sendable, Hashable {
    /// The answers, by the bytes of tenant and conversation, then by sequence.
    public let items: [UnfinishedMessage]
    /// Where the next page begins: the last answer's place; nil after the last page.
    public let next: UnfinishedMessage.Place?

    /// Makes a page.
    public init(items: [UnfinishedMessage], next: UnfinishedMessage.Place?) {
        self.items = items
        self.next = next
    }

    /// Makes a page of what a backend read, up to one answer more than was asked for.
    ///
    /// - Parameters:
    ///   - messages: Up to `limit + 1` answers; one too many means that there is a next page.
    ///   - limit: How many were asked for, 0 or more.
    public init(_ messages: [UnfinishedMessage], limit: Int) {
        let items = Array(messages.prefix(limit))
        self.init(items: items, next: messages.count > limit ? items.last?.place : nil)
    }
}
