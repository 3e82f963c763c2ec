import ChatStorageCore

/// How a chat's messages follow each other.
///
/// A message's `predecessor` is nil where it follows the one before it in the file, and the conversation's `head` is
/// nil where that is the last message.
extension Chat {
    /// The highest sequence, 0 without messages.
    var newest: Int64 { messages.last?.sequence ?? 0 }

    /// The end of the current path, 0 for none.
    var head: Int64 { conversation.head ?? newest }

    mutating func setHead(_ sequence: Int64) {
        let head = sequence == newest ? nil : sequence
        conversation = conversation.with(
            head: head, isBranched: head != nil || messages.contains { $0.predecessor != nil })
    }

    /// The message that becomes the head.
    func head(_ new: ConversationChange.NewHead) throws -> Int64 {
        switch new {
        case .message(let sequence) where sequence == 0 || index(of: sequence) != nil: return sequence
        case .newest(let sequence) where index(of: sequence) != nil: return tree.newest(under: sequence)
        default: throw ChatStorageError(.messageNotFound, "the message that was to become the head does not exist")
        }
    }

    /// The message that an append follows.
    func predecessor(at place: AppendPlace) throws -> Int64 {
        if place == .head { return head }
        if let sequence = place.predecessor, sequence == 0 || index(of: sequence) != nil { return sequence }
        if let index = place.replaced.flatMap(index) { return predecessor(at: index) }
        throw ChatStorageError(.messageNotFound, "the message that was to be followed or replaced does not exist")
    }

    func index(of sequence: Int64) -> Int? {
        let index = messages.start { $0.sequence >= sequence }
        return index < messages.count && messages[index].sequence == sequence ? index : nil
    }

    private func predecessor(at index: Int) -> Int64 {
        messages[index].predecessor ?? (index > 0 ? messages[index - 1].sequence : 0)
    }

    /// The indices of a message and of all that it follows, the first one first.
    func path(through sequence: Int64) -> [Int] {
        var path: [Int] = []
        var next = index(of: sequence)
        while let index = next {
            path.append(index)
            next = self.index(of: predecessor(at: index))
        }
        return path.reversed()
    }

    var tree: MessageTree {
        let jumps = messages.indices.compactMap { index -> MessageTree.Jump? in
            guard let predecessor = messages[index].predecessor else { return nil }
            return MessageTree.Jump(
                sequence: messages[index].sequence, predecessor: predecessor,
                before: index > 0 ? messages[index - 1].sequence : 0,
                afterPredecessor: messages[messages.start { $0.sequence > predecessor }].sequence)
        }
        return MessageTree(jumps, newest: newest)
    }

    /// Removes messages; what followed one follows its predecessor then, and so does the head.
    mutating func remove(_ isRemoved: (Int64) -> Bool) {
        func kept(_ sequence: Int64) -> Int64 {
            var sequence = sequence
            while isRemoved(sequence), let index = index(of: sequence) { sequence = predecessor(at: index) }
            return sequence
        }
        let head = kept(head)
        var left: [Message] = []
        for (index, var message) in messages.enumerated() where !isRemoved(message.sequence) {
            let predecessor = kept(predecessor(at: index))
            message.predecessor = predecessor == left.last?.sequence ?? 0 ? nil : predecessor
            left.append(message)
        }
        messages = left
        setHead(head)
    }

    func page(_ query: MessageQuery) throws -> MessagePage {
        if let lookup = query.lookup { return MessagePage(messages.filter(lookup.names).map(stored), for: query) }
        guard query.limit > 0 else { return MessagePage([], for: query) }
        var through: Int64?
        if case .through(let sequence) = query.path {
            guard sequence == 0 || index(of: sequence) != nil else {
                throw ChatStorageError(.messageNotFound, "the message that ends the path does not exist")
            }
            through = sequence
        } else if query.path == .current, conversation.isBranched {
            through = head
        }
        var path = through.map(self.path) ?? Array(messages.indices)
        if let start = query.position.lowerBound {
            if let index = index(of: start), conversation.isBranched, !path.contains(index), query.path != .all {
                throw ChatStorageError(.conflict, "the message that the page begins after is not on the path")
            }
            path = path.filter { messages[$0].sequence > start }
        } else if let bound = query.position.upperBound {
            // What precedes a message does not depend on where the path ends.
            if query.path != .all, index(of: bound) != nil { path = self.path(through: bound) }
            path = path.filter { messages[$0].sequence < bound }
        }
        let shown = path.map { messages[$0] }.filter { query.states.contains($0.writing.state) }
        let page = query.position.lowerBound == nil ? shown.suffix(query.limit) : shown.prefix(query.limit)
        return MessagePage(page.map(stored), for: query, through: through)
    }
}

extension MessageQuery.Lookup {
    fileprivate func names(_ message: Chat.Message) -> Bool {
        switch self {
        case .sequences(let sequences): sequences.contains(message.sequence)
        case .keys(let keys): message.key.map { key in keys.contains { $0.utf8.elementsEqual(key.utf8) } } ?? false
        }
    }
}
