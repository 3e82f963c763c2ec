import ChatStorageCore

/// Gathers the messages of a page from rows.
struct MessagePageRows {
    private(set) var messages: [Message] = []
    private let query: MessageQuery
    private let table: MessageTable
    private let hasBranches: Bool
    private var roles: RoleTable
    private var budget: ReadBudget

    /// Makes an empty page.
    ///
    /// - Parameter hasBranches: Whether the rows say which message each follows.
    init(_ query: MessageQuery, _ table: MessageTable, hasBranches: Bool) {
        self.query = query
        self.hasBranches = hasBranches
        self.table = table
        roles = RoleTable(table.database)
        budget = table.database.readBudget
        messages.reserveCapacity(min(query.limit, 32))
    }

    /// Takes the message of a row with only a plain message's columns, unless the query leaves out complete messages.
    ///
    /// - Returns: Whether the page has room for more.
    mutating func takePlain(_ row: Statement) throws -> Bool {
        if query.states != .all {
            try budget.takeRow()
            guard query.states.contains(MessageState.complete) else { return true }
        }
        messages.append(try table.plainMessage(in: row, of: query.conversationID, &roles, &budget))
        return messages.count < query.limit
    }

    /// Takes the message of a row, unless the query leaves out its state.
    ///
    /// - Returns: Whether the page has room for more.
    mutating func take(_ row: Statement) throws -> Bool {
        if query.states != .all {
            try budget.takeRow()
            guard query.states.contains(try MessageTable.state(in: row)) else { return true }
        }
        messages.append(
            try table.message(in: row, of: query.conversationID, hasBranches: hasBranches, &roles, &budget))
        return messages.count < query.limit
    }
}
