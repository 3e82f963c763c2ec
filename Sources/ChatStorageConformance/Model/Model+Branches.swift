import ChatStorageCore

/// The tree of a conversation's messages, from their predecessors.
extension Model.Entry {
    init(restoring snapshot: ConversationSnapshot) {
        self.init(conversation: snapshot.conversation)
        for message in snapshot.messages {
            predecessors[message.sequence] = message.predecessor ?? messages.last?.sequence ?? 0
            messages.append(
                Message(
                    conversationID: snapshot.id, sequence: message.sequence, body: message.body,
                    createdAt: message.createdAt, writing: message.writing))
        }
        head = snapshot.head ?? messages.last?.sequence ?? 0
        settle()
    }

    func has(_ sequence: Int64) -> Bool { predecessors[sequence] != nil }

    func message(_ sequence: Int64) -> Message? { messages.first { $0.sequence == sequence } }

    mutating func replace(_ message: Message) {
        guard let index = messages.firstIndex(where: { $0.sequence == message.sequence }) else { return }
        messages[index] = message
    }

    /// The path to a message, from the first message on.
    func path(through sequence: Int64) -> [Int64] {
        var path: [Int64] = []
        var next = sequence
        while next > 0, let predecessor = predecessors[next] {
            path.append(next)
            next = predecessor
        }
        return path.reversed()
    }

    /// A message and all that follow it, directly or indirectly.
    func descendants(of sequence: Int64) -> Set<Int64> {
        Set(messages.map(\.sequence).filter { path(through: $0).contains(sequence) })
    }

    var forks: [Fork] {
        let followers = Dictionary(grouping: messages.map(\.sequence)) { predecessors[$0] ?? 0 }
        return followers.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { after, successors in
            Fork(
                after: after,
                successors: successors.map {
                    Fork.Successor(sequence: $0, newestEnd: descendants(of: $0).max() ?? $0)
                })
        }
    }

    mutating func remove(_ removed: Set<Int64>) {
        func kept(_ sequence: Int64) -> Int64 {
            removed.contains(sequence) ? kept(predecessors[sequence] ?? 0) : sequence
        }
        head = kept(head)
        predecessors = Dictionary(
            uniqueKeysWithValues: predecessors.filter { !removed.contains($0.key) }.map { ($0.key, kept($0.value)) })
        messages.removeAll { removed.contains($0.sequence) }
        settle()
    }

    /// Sets predecessors and the head as a store returns them: only where they differ from a single path.
    mutating func settle() {
        var before: Int64 = 0
        for index in messages.indices {
            let sequence = messages[index].sequence
            messages[index] = messages[index].with(
                predecessor: predecessors[sequence] == before ? nil : predecessors[sequence])
            before = sequence
        }
        let isBranched = head != before || messages.contains { $0.predecessor != nil }
        conversation = conversation.with(
            messageCount: messages.count, head: .some(head == before ? nil : head), isBranched: isBranched)
    }

    // MARK: Pages

    func page(_ query: MessageQuery) -> CallOutcome {
        if let lookup = query.lookup {
            let found = messages.filter { lookup.names($0) }
            return .returned(.messages(MessagePage(items: found, hasMore: false)))
        }
        guard query.limit > 0 else { return .returned(.messages(MessagePage(items: [], hasMore: true))) }
        var through: Int64?
        var path = messages.map(\.sequence)
        switch query.path {
        case .all: break
        case .through(let sequence):
            guard sequence == 0 || has(sequence) else { return .threw(.messageNotFound) }
            through = sequence
            path = self.path(through: sequence)
        case .current:
            guard conversation.isBranched else { break }
            through = head
            path = self.path(through: head)
        }
        if let after = query.position.lowerBound {
            if query.path != .all, conversation.isBranched, has(after), !path.contains(after) {
                return .threw(.conflict)
            }
            path = path.filter { $0 > after }
        } else if let before = query.position.upperBound {
            if query.path != .all, has(before) { path = self.path(through: before) }
            path = path.filter { $0 < before }
        }
        let shown = path.compactMap(message).filter { query.states.contains($0.state) }
        let page = query.position.lowerBound == nil ? shown.suffix(query.limit) : shown.prefix(query.limit)
        return .returned(
            .messages(MessagePage(items: Array(page), hasMore: page.count == query.limit, through: through)))
    }
}

extension CallOutcome {
    /// What a query of a conversation that does not exist returns.
    static func nothing(for query: MessageQuery) -> CallOutcome {
        .returned(.messages(MessagePage(items: [], hasMore: query.lookup == nil && query.limit == 0)))
    }
}

extension Message {
    func with(body: ChatMessage? = nil, predecessor: Int64?? = nil, writing: MessageWriting? = nil) -> Message {
        Message(
            conversationID: conversationID, sequence: sequence, body: body ?? self.body, createdAt: createdAt,
            predecessor: predecessor ?? self.predecessor, writing: writing ?? self.writing)
    }
}

extension MessageQuery.Lookup {
    fileprivate func names(_ message: Message) -> Bool {
        switch self {
        case .sequences(let sequences): sequences.contains(message.sequence)
        case .keys(let keys): message.key.map { key in keys.contains { Array($0.utf8) == Array(key.utf8) } } ?? false
        }
    }
}
