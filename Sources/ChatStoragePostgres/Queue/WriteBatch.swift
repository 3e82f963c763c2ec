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
