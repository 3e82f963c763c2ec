import ChatStorageCore

extension MessageTable {
    /// Reads a page of a conversation that has not branched, or of all branches.
    ///
    /// - Returns: The messages in the order of the query's direction; nil if there are none, or the conversation has
    ///   branched and the query is not of all branches.
    func page(_ query: MessageQuery, tenant: String) throws -> [Message]? {
        let isForward = query.position.lowerBound != nil
        let isOfAll = query.path == .all
        let sql =
            isOfAll
            ? isForward ? Self.sql.afterOfAll : Self.sql.beforeOfAll
            : isForward ? Self.sql.after : Self.sql.before
        // No sequence is as high as Int64.max: restoring stops at 2⁵³ - 1.
        let bound = query.position.lowerBound ?? query.position.upperBound ?? .max
        let takesAll = query.states == .all
        return try database.run(sql) { statement in
            try statement.bind(tenant, query.conversationID)
            try statement.bind(bound, at: 3)
            try statement.bind(takesAll ? Int64(query.limit) : .max, at: 4)
            guard try statement.step() else { return nil }
            var page = MessagePageRows(query, self, hasBranches: isOfAll)
            repeat {
                if !isOfAll, Self.hasMore(statement) {
                    try readFully(&page, from: Self.sequence(in: statement), query, tenant: tenant)
                    break
                }
                guard try isOfAll ? page.take(statement) : page.takePlain(statement) else { break }
            } while try statement.step()
            return page.messages
        }
    }

    /// Goes on with a page at a message with more than its statement reads.
    ///
    /// That statement stays open, so both see the same state.
    private func readFully(
        _ page: inout MessagePageRows, from sequence: Int64, _ query: MessageQuery, tenant: String
    ) throws {
        let isForward = query.position.lowerBound != nil
        try database.run(isForward ? Self.sql.afterOfAll : Self.sql.beforeOfAll) { statement in
            try statement.bind(tenant, query.conversationID)
            try statement.bind(isForward ? sequence - 1 : sequence + 1, at: 3)
            try statement.bind(Int64.max, at: 4)
            while try statement.step() {
                guard try page.take(statement) else { break }
            }
        }
    }

    /// Whether the conversation does not exist, or has not branched and has no message on a page.
    func isEmptyRow(_ query: MessageQuery, tenant: String) throws -> Bool {
        try database.run(Self.sql.bounds) { statement in
            try statement.bind(tenant, query.conversationID)
            guard try statement.step() else { return true }
            guard statement.int64(0) == 0 else { return false }
            guard let first = statement.optionalInt64(1) else { return true }
            if let start = query.position.lowerBound { return statement.int64(2) <= start }
            return query.position.upperBound.map { $0 <= first } ?? false
        }
    }

    /// Walks from a message back along its predecessors, until the body returns false.
    ///
    /// - Parameter end: The first of them; 0 for none.
    func walk(from end: Int64, in conversation: Int64, _ body: (Statement) throws -> Bool) throws {
        var next = end
        while next > 0 {
            next = try database.run(Self.sql.down) { row in
                try row.bind(conversation, at: 1)
                try row.bind(next, at: 2)
                guard try row.step(), row.int64(Column.sequence.rawValue) == next else {
                    throw ConversationTree.missingPredecessor
                }
                repeat {
                    guard try body(row) else { return 0 }
                    if let parent = try Self.predecessor(in: row) { return parent }
                } while try row.step()
                return 0
            }
        }
    }

    /// Walks the messages after one, up to and including another, lowest first, until the body returns false.
    ///
    /// - Returns: Whether the body wants more.
    func walk(
        after start: Int64, through end: Int64, in conversation: Int64, _ body: (Statement) throws -> Bool
    ) throws -> Bool {
        try database.run(Self.sql.up) { row in
            try row.bind(conversation, at: 1)
            try row.bind(start, at: 2)
            try row.bind(end, at: 3)
            while try row.step() {
                guard try body(row) else { return false }
            }
            return true
        }
    }

    /// Reads the message that has a key.
    func ofKey(
        _ key: String, tenant: String, of id: ConversationID, _ budget: inout ReadBudget
    ) throws -> Message? {
        try database.run(Self.sql.ofKey) { statement in
            try statement.bind(key, at: 3)
            return try only(statement, tenant: tenant, of: id, &budget)
        }
    }

    /// Reads the message that has a sequence.
    func ofSequence(
        _ sequence: Int64, tenant: String, of id: ConversationID, _ budget: inout ReadBudget
    ) throws -> Message? {
        try database.run(Self.sql.ofSequence) { statement in
            try statement.bind(sequence, at: 3)
            return try only(statement, tenant: tenant, of: id, &budget)
        }
    }

    private func only(
        _ statement: Statement, tenant: String, of id: ConversationID, _ budget: inout ReadBudget
    ) throws -> Message? {
        try statement.bind(tenant, id)
        var roles = RoleTable(database)
        return try statement.step() ? message(in: statement, of: id, &roles, &budget) : nil
    }

    /// Reads the preview of the newest message with a text among the last ones of the current path.
    ///
    /// - Parameters:
    ///   - conversation: The conversation.
    ///   - key: Its number.
    ///   - scalars: How many Unicode scalars at most.
    func preview(
        of conversation: Conversation, _ key: Int64, scalars: Int, _ budget: inout ReadBudget
    ) throws -> MessagePreview? {
        var left = MessagePreview.messages
        var preview: MessagePreview?
        if conversation.isBranched {
            let end = try conversation.head ?? newest(of: key)
            try walk(from: end, in: key) { row in
                left -= 1
                preview = try self.preview(in: row, state: Column.state.rawValue, scalars: scalars, &budget)
                return preview == nil && left > 0
            }
            return preview
        }
        try database.run(Self.sql.newest) { statement in
            try statement.bind(key, at: 1)
            try statement.bind(Int64(left), at: 2)
            while preview == nil, try statement.step() {
                preview = try self.preview(in: statement, state: Int32(Column.lean.count), scalars: scalars, &budget)
            }
        }
        return preview
    }

    /// The preview of a row's message; nil if it has no text.
    private func preview(
        in row: Statement, state: Int32, scalars: Int, _ budget: inout ReadBudget
    ) throws -> MessagePreview? {
        let (text, bytes) = try row.start(Column.content.rawValue, scalars: scalars)
        if text.isEmpty { return nil }
        try budget.take(bytes: bytes)
        var roles = RoleTable(database)
        return MessagePreview(
            sequence: row.int64(Column.sequence.rawValue), role: try roles.role(row.int64(Column.role.rawValue)),
            createdAt: try row.timestamp(Column.createdAt.rawValue), text: text,
            state: try Self.state(in: row, at: state))
    }

    private func newest(of conversation: Int64) throws -> Int64 {
        try database.run(ConversationTree.sql.newest) { statement in
            try statement.bind(conversation, at: 1)
            return try statement.onlyRow { $0.int64(0) } ?? 0
        }
    }
}
