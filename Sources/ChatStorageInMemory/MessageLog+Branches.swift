import ChatStorageCore

/// The branches of a conversation: its paths, its forks, and how removing messages changes them.
extension MessageLog {
    var isBranched: Bool { !(rare?.jumps.isEmpty ?? true) }

    func contains(_ sequence: Int64) -> Bool { index(of: sequence) != nil }

    /// The message that a stored one follows, 0 for none.
    func predecessor(of sequence: Int64) -> Int64 {
        if let jump = rare?.jump(at: sequence) { return jump.predecessor }
        let index = firstIndex(notBefore: sequence)
        return index > 0 ? entries[index - 1].sequence : 0
    }

    // MARK: Pages

    /// A page of the messages, or some of them.
    ///
    /// - Parameter head: The end of the current path where that is not the newest message.
    func page(_ query: MessageQuery, head: Int64?) throws -> MessagePage {
        let id = query.conversationID
        if let lookup = query.lookup { return MessagePage(messages(lookup, of: id), for: query) }
        guard query.limit > 0 else { return MessagePage([], for: query) }
        let isBranched = isBranched || head != nil
        let end: Int64?
        switch query.path {
        case .current: end = isBranched ? head ?? newest : nil
        case .all: end = nil
        case .through(let sequence):
            guard sequence == 0 || contains(sequence) else {
                throw ChatStorageError(.messageNotFound, "the message that ends the path does not exist")
            }
            end = sequence
        }
        guard query.path != .all, isBranched, let end else {
            return MessagePage(row(query, through: end).map { message($0, of: id) }, for: query, through: end)
        }
        let isShown = filter(query.states)
        var found: [Entry]
        if let start = query.position.lowerBound {
            found = try first(query.limit, after: start, through: end, where: isShown)
        } else if let bound = query.position.upperBound, contains(bound) {
            found = last(query.limit, through: predecessor(of: bound), where: isShown).reversed()
        } else {
            found = last(
                query.limit, through: end, before: query.position.upperBound ?? .max, where: isShown
            ).reversed()
        }
        return MessagePage(found.map { message($0, of: id) }, for: query, through: end)
    }

    /// A page of a conversation that has not branched, or of all branches.
    private func row(_ query: MessageQuery, through end: Int64?) -> [Entry] {
        let isShown = filter(query.states)
        if let start = query.position.lowerBound {
            // No sequence is as high as Int64.max: restoring stops at 2⁵³ - 1.
            let after = entries[firstIndex(notBefore: start == .max ? .max : start + 1)...]
            return Array(after.lazy.filter { $0.sequence <= end ?? .max && isShown($0) }.prefix(query.limit))
        }
        var upper = entries.count
        if let bound = query.position.upperBound {
            // What precedes a stored message does not depend on where the path ends.
            let end = contains(bound) ? nil : end
            upper = min(firstIndex(notBefore: bound), end.map { firstIndex(notBefore: $0 + 1) } ?? upper)
        } else if let end {
            upper = firstIndex(notBefore: end + 1)
        }
        if query.states == .all { return Array(entries[..<upper].suffix(query.limit)) }
        return entries[..<upper].reversed().lazy.filter(isShown).prefix(query.limit).reversed()
    }

    private func filter(_ states: MessageStates) -> (Entry) -> Bool {
        let writings = rare?.writings ?? [:]
        // Those whose writing is not kept are complete.
        if states == .all || writings.isEmpty && states.contains(.complete) { return { _ in true } }
        return { states.contains(writings[$0.sequence]?.state ?? .complete) }
    }

    /// The last messages of a path, the last one first.
    func last(
        _ limit: Int, through end: Int64, before bound: Int64 = .max, where isShown: (Entry) -> Bool
    ) -> [Entry] {
        var found: [Entry] = []
        found.reserveCapacity(min(limit, entries.count))
        var end = end
        while end > 0, found.count < limit {
            let jump = rare?.jump(notAfter: end)
            let first = jump?.sequence ?? 1
            var index = firstIndex(notBefore: min(end, max(bound, 1) - 1) + 1)
            while index > 0, entries[index - 1].sequence >= first, found.count < limit {
                index -= 1
                if isShown(entries[index]) { found.append(entries[index]) }
            }
            end = jump?.predecessor ?? 0
        }
        return found
    }

    /// The first messages of a path after a sequence.
    private func first(
        _ limit: Int, after start: Int64, through end: Int64, where isShown: (Entry) -> Bool
    ) throws -> [Entry] {
        var path: [ClosedRange<Int64>] = []
        var next = end
        while next > max(start, 0) {
            let jump = rare?.jump(notAfter: next)
            path.append((jump?.sequence ?? 1)...next)
            next = jump?.predecessor ?? 0
        }
        // Walked back from its end, the path reaches the start or goes below it. Whether a removed start was on the
        // path cannot be checked.
        let isOnPath = start <= 0 || !contains(start) || next == start || (path.last?.contains(start) ?? false)
        guard isOnPath else {
            throw ChatStorageError(.conflict, "the message that the page begins after is not on the path")
        }
        var found: [Entry] = []
        for range in path.reversed() {
            var index = firstIndex(notBefore: max(range.lowerBound, start + 1))
            while index < entries.count, entries[index].sequence <= range.upperBound, found.count < limit {
                if isShown(entries[index]) { found.append(entries[index]) }
                index += 1
            }
        }
        return found
    }

    // MARK: The tree

    var tree: MessageTree {
        let jumps = (rare?.jumps ?? []).map { jump in
            let before = firstIndex(notBefore: jump.sequence) - 1
            return MessageTree.Jump(
                sequence: jump.sequence, predecessor: jump.predecessor,
                before: before >= 0 ? entries[before].sequence : 0,
                afterPredecessor: entries[firstIndex(notBefore: jump.predecessor + 1)].sequence)
        }
        return MessageTree(jumps, newest: newest)
    }

    /// Removes messages; what followed them follows their predecessors.
    ///
    /// - Parameters:
    ///   - head: The end of the current path, if that is not the newest message; it is moved if it is removed.
    ///   - isRemoved: Whether to remove a message; called once for each, lowest sequence first, with whether the
    ///     message follows a removed one.
    /// - Returns: How many there were.
    mutating func remove(
        _ id: ConversationID, head: inout Int64?, where isRemoved: (_ sequence: Int64, _ follows: Bool) -> Bool
    ) -> Int {
        // A removed message's nearest predecessor that stays; a message follows an earlier one, for which it is already
        // known.
        var survivors: [Int64: Int64] = [:]
        var messages: [Message] = []
        var (below, stayingBelow): (Int64, Int64) = (0, 0)
        for entry in entries {
            let old = rare?.jump(at: entry.sequence)?.predecessor ?? below
            let predecessor = survivors[old] ?? old
            below = entry.sequence
            if isRemoved(entry.sequence, survivors[old] != nil) {
                survivors[entry.sequence] = predecessor
                continue
            }
            let message = message(entry, of: id)
            messages.append(
                Message(
                    conversationID: id, sequence: message.sequence, body: message.body, createdAt: message.createdAt,
                    predecessor: predecessor == stayingBelow ? nil : predecessor,
                    writing: message.writing == .none ? nil : message.writing))
            stayingBelow = entry.sequence
        }
        let end = head ?? newest
        if !survivors.isEmpty {
            replace(with: messages)
            head = survivors[end] ?? end
            if head == newest { head = nil }
        }
        return survivors.count
    }
}
