/// What a ``WriteQueue`` knows of a write.
protocol QueuedWrite {
    /// The conversation whose row it locks.
    var key: ConversationKey { get }
    /// How many rows it adds.
    var rowCount: Int { get }
    /// About how many bytes it sends.
    var bytes: Int { get }
    /// Writes of one group can go in one statement; nil for one that goes alone.
    var mergeGroup: ObjectIdentifier? { get }
    /// How many go in one statement with it at most, itself included.
    var mergeLimit: Int { get }
}

extension QueuedWrite {
    /// Whether it can go with others in one statement at all.
    var isMergeable: Bool {
        mergeGroup != nil && mergeLimit > 1 && rowCount <= WriteBatch<Self>.rowLimit
            && bytes <= WriteBatch<Self>.byteLimit
    }

    /// Whether it can go in one statement with another that can.
    func canMerge(with other: Self) -> Bool { mergeGroup == other.mergeGroup }
}

/// Writes that go in one statement: any one, or several that can be merged.
struct WriteBatch<Ticket: QueuedWrite> {
    /// The most rows that one statement of several writes adds.
    static var rowLimit: Int { 256 }
    /// The most bytes that one statement of several writes sends.
    static var byteLimit: Int { 1 << 20 }

    private(set) var tickets: [Ticket] = []
    private var rows = 0
    private var bytes = 0
    private var limit = Int.max

    func hasRoom(for ticket: Ticket) -> Bool {
        guard let first = tickets.first, first.isMergeable, ticket.isMergeable, ticket.canMerge(with: first) else {
            return false
        }
        return tickets.count < min(limit, ticket.mergeLimit)
            && rows + ticket.rowCount <= Self.rowLimit && bytes + ticket.bytes <= Self.byteLimit
    }

    mutating func append(_ ticket: Ticket) {
        tickets.append(ticket)
        rows += ticket.rowCount
        bytes += ticket.bytes
        limit = min(limit, ticket.mergeLimit)
    }
}
