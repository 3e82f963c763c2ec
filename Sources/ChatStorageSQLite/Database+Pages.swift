import ChatStorageCore

/// Pages of messages, in the caller's read.
extension Database {
    func messages(_ query: MessageQuery, tenant: String) throws -> MessagePage {
        if let lookup = query.lookup {
            return try snapshot {
                MessagePage(try messages(lookup, of: query.conversationID, tenant: tenant), for: query)
            }
        }
        // One statement reads a page of most conversations. It finds nothing if the conversation has branched or the
        // page is empty; then a second statement finds out which.
        if query.endOfPath == nil {
            let found = try messageTable.page(query, tenant: tenant)
            if let found { return MessagePage(query.position.lowerBound == nil ? found.reversed() : found, for: query) }
            if try query.path == .all || messageTable.isEmptyRow(query, tenant: tenant) {
                return MessagePage([], for: query)
            }
        }
        return try snapshot {
            guard let tree = try ConversationTree(of: query.conversationID, tenant: tenant, in: self) else {
                return MessagePage([], for: query)
            }
            var page = PathPage(query, tree, in: self)
            return try page.read()
        }
    }

    private func messages(
        _ lookup: MessageQuery.Lookup, of id: ConversationID, tenant: String
    ) throws -> [Message] {
        var budget = readBudget
        switch lookup {
        case .sequences(let sequences):
            return try Set(sequences).sorted().compactMap { sequence in
                try budget.takeRow()
                return try messageTable.ofSequence(sequence, tenant: tenant, of: id, &budget)
            }
        case .keys(let keys):
            var found: [Int64: Message] = [:]
            for key in keys {
                try budget.takeRow()
                guard let message = try messageTable.ofKey(key, tenant: tenant, of: id, &budget) else { continue }
                found[message.sequence] = message
            }
            return found.values.sorted { $0.sequence < $1.sequence }
        }
    }

    func forks(of id: ConversationID, tenant: String) throws -> [Fork] {
        try snapshot {
            guard let tree = try ConversationTree(of: id, tenant: tenant, in: self), tree.isBranched else { return [] }
            var budget = readBudget
            return try tree.messageTree(&budget).forks
        }
    }
}

extension MessageQuery {
    /// The message that the query names as the end of its path.
    fileprivate var endOfPath: Int64? {
        if case .through(let sequence) = path { sequence } else { nil }
    }
}

/// A page of a path, in the caller's snapshot.
///
/// The path consists of runs, in which every message follows the one before it. Backwards, each row says where the next
/// run ends; forwards, the runs are found first.
private struct PathPage {
    private let query: MessageQuery
    private let tree: ConversationTree
    private let table: MessageTable
    private var budget: ReadBudget

    init(_ query: MessageQuery, _ tree: ConversationTree, in database: Database) {
        self.query = query
        self.tree = tree
        table = database.messageTable
        budget = database.readBudget
    }

    mutating func read() throws -> MessagePage {
        var through = query.endOfPath
        if let through {
            guard try through == 0 || tree.contains(through) else {
                throw ChatStorageError(.messageNotFound, "the message that ends the path does not exist")
            }
        } else if tree.isBranched {
            through = try tree.head ?? tree.newest()
        }
        let end = try through ?? tree.newest()
        let messages =
            if let start = query.position.lowerBound {
                try first(after: start, through: end)
            } else {
                Array(try last(from: start(before: query.position.upperBound, through: end)).reversed())
            }
        return MessagePage(messages, for: query, through: through)
    }

    /// The message at which the page begins, going back; 0 for none.
    private mutating func start(before bound: Int64?, through end: Int64) throws -> Int64 {
        guard let bound else { return end }
        if bound <= 1 { return 0 }
        // What precedes a stored message does not depend on where the path ends.
        if let predecessor = try tree.predecessor(of: bound) { return predecessor }
        var end = end
        while end >= bound, end > 0 {
            try budget.takeRow()
            guard try tree.contains(end) else { throw ConversationTree.missingPredecessor }
            let jump = try tree.isBranched ? tree.jump(notAfter: end) : nil
            guard let jump, jump.sequence > bound else { return try tree.message(before: bound) }
            end = jump.predecessor
        }
        return end
    }

    private mutating func last(from end: Int64) throws -> [Message] {
        var page = MessagePageRows(query, table, hasBranches: true)
        var budget = budget
        try table.walk(from: end, in: tree.conversation) { row in
            try budget.takeRow()
            return try page.take(row)
        }
        return page.messages
    }

    private mutating func first(after start: Int64, through end: Int64) throws -> [Message] {
        var path: [ClosedRange<Int64>] = []
        var next = end
        while next > start, next > 0 {
            try budget.takeRow()
            let jump = try tree.isBranched ? tree.jump(notAfter: next) : nil
            path.append((jump?.sequence ?? 1)...next)
            next = jump?.predecessor ?? 0
        }
        // Walked back from its end, the path reaches the start or goes below it. Whether a removed start was on the
        // path cannot be checked.
        let isOnPath = start <= 0 || next == start || (path.last?.contains(start) ?? false)
        guard try isOnPath || !tree.isBranched || !tree.contains(start) else {
            throw ChatStorageError(.conflict, "the message that the page begins after is not on the path")
        }
        var page = MessagePageRows(query, table, hasBranches: true)
        var budget = budget
        for range in path.reversed() {
            var last: Int64 = 0
            let wantsMore = try table.walk(
                after: max(range.lowerBound - 1, start), through: range.upperBound, in: tree.conversation
            ) { row in
                try budget.takeRow()
                last = MessageTable.sequence(in: row)
                return try page.take(row)
            }
            guard wantsMore else { break }
            guard last == range.upperBound else { throw ConversationTree.missingPredecessor }
        }
        return page.messages
    }
}
