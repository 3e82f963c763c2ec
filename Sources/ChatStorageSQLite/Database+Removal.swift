import ChatStorageCore

/// The removal of messages, in the caller's transaction.
extension Database {
    func remove(_ removal: MessageRemoval, tenant: String) throws -> Int {
        if removal.selection == .all { return try clearMessages(of: removal.conversationID, tenant: tenant) }
        guard let tree = try ConversationTree(of: removal.conversationID, tenant: tenant, in: self) else { return 0 }
        let removed: RemovedMessages?
        switch removal.selection {
        case .all: removed = nil
        case .messages(let sequences): removed = try RemovedMessages(sequences, in: tree)
        case .from(let sequence): removed = try RemovedMessages(from: sequence, in: tree)
        }
        guard let removed else { return 0 }
        let followers = try removed.followers(in: tree)
        let end = try removed.survivor(of: tree.head ?? tree.newest())
        let count = try removed.ranges.reduce(0) { try $0 + tree.delete($1) }
        guard let place = try conversationTable.shrink(tree, by: count, at: .now()) else { throw Self.rowIgnored }
        try moveLabels(of: place)
        for (sequence, predecessor) in followers { try tree.setPredecessor(predecessor, of: sequence) }
        try tree.setHead(end)
        return count
    }

    private func clearMessages(of id: ConversationID, tenant: String) throws -> Int {
        guard let place = try conversationTable.clear(tenant: tenant, id, at: .now()) else {
            try refuseIgnoredRow(tenant: tenant, id)
            return 0
        }
        try moveLabels(of: place)
        let removed = try messageTable.delete(of: place.key)
        try refuseMessagesLeft(of: place.key)
        return removed
    }
}

/// The messages that a removal deletes, and which messages take their places.
private struct RemovedMessages {
    /// Their sequences in ascending order; a range has no other stored message in between.
    let ranges: [ClosedRange<Int64>]
    /// The nearest ancestor that stays, which all messages of a range share; by the range's first message.
    private let survivors: [Int64: Int64]

    /// Finds stored messages of these sequences; nil if there are none.
    init?(_ sequences: [Int64], in tree: ConversationTree) throws {
        var ranges: [ClosedRange<Int64>] = []
        var survivors: [Int64: Int64] = [:]
        // A message follows an earlier one, whose survivor is known by then.
        for sequence in Set(sequences).sorted() {
            guard let predecessor = try tree.predecessor(of: sequence) else { continue }
            survivors[sequence] = survivors[predecessor] ?? predecessor
            ranges.append(sequence...sequence)
        }
        if ranges.isEmpty { return nil }
        self.ranges = ranges
        self.survivors = survivors
    }

    /// Finds a message and all that descend from it; nil if it is not stored.
    init?(from sequence: Int64, in tree: ConversationTree) throws {
        guard let predecessor = try tree.predecessor(of: sequence) else { return nil }
        var budget = ReadBudget.unlimited
        ranges = try tree.messageTree(&budget).descendants(of: sequence)
        survivors = Dictionary(uniqueKeysWithValues: ranges.map { ($0.lowerBound, predecessor) })
    }

    /// The message itself if it stays, else its nearest ancestor that stays; 0 for none.
    func survivor(of sequence: Int64) -> Int64 {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].lowerBound <= sequence { low = middle + 1 } else { high = middle }
        }
        guard low > 0, ranges[low - 1].contains(sequence) else { return sequence }
        return survivors[ranges[low - 1].lowerBound] ?? 0
    }

    /// The messages that stay but whose rows get another predecessor, and that predecessor.
    ///
    /// These are the messages whose parent is removed, and those right after a removed one: a NULL parent means the
    /// message before.
    func followers(in tree: ConversationTree) throws -> [(sequence: Int64, predecessor: Int64)] {
        var followers: [Int64: Int64] = [:]
        for range in ranges {
            guard let next = try tree.message(after: range.upperBound), survivor(of: next) == next,
                let predecessor = try tree.predecessor(of: next)
            else { continue }
            followers[next] = survivor(of: predecessor)
        }
        var budget = ReadBudget.unlimited
        for jump in try tree.jumps(&budget) where survivor(of: jump.sequence) == jump.sequence {
            let predecessor = survivor(of: jump.predecessor)
            if predecessor != jump.predecessor { followers[jump.sequence] = predecessor }
        }
        return followers.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }
}
