import ChatStorageCore

extension ConversationSnapshot {
    static func new(_ id: ConversationID, title: String?) -> ConversationSnapshot {
        let now = Timestamp.now()
        return ConversationSnapshot(id: id, title: title, createdAt: now, updatedAt: now)
    }

    /// The conversation with more messages, at the time that it was last updated.
    func appending(_ more: [ChatMessage]) -> ConversationSnapshot {
        var result = self
        for message in more {
            result.lastSequence += 1
            result.messages.append(
                Message(
                    sequence: result.lastSequence, role: message.role, content: message.content, createdAt: updatedAt,
                    key: message.key))
        }
        return result
    }

    /// The messages that an append stored before, if it repeats one.
    func repeated(_ messages: [ChatMessage]) throws -> [ChatStorageCore.Message]? {
        guard messages.contains(where: { $0.key != nil }) else { return nil }
        let all = self.messages(.end, limit: .max)
        return try RepeatedAppend.messages(for: messages, found: all) { _ in all }
    }

    func lastMessages(_ count: Int) -> [ChatStorageCore.Message] {
        messages(.end, limit: count)
    }

    func messages(_ position: MessagePosition, limit: Int) -> [ChatStorageCore.Message] {
        let page =
            switch position {
            case .end: messages.suffix(limit)
            case .before(let sequence): messages.prefix(upTo: messages.start { $0.sequence >= sequence }).suffix(limit)
            case .after(let sequence): messages.suffix(from: messages.start { $0.sequence > sequence }).prefix(limit)
            }
        return page.map {
            .init(
                conversationID: id, sequence: $0.sequence, role: $0.role, content: $0.content, createdAt: $0.createdAt,
                key: $0.key)
        }
    }
}

extension Conversation {
    /// Whether this comes after a place in the list: updated earlier, or then too and of an id with higher bytes.
    func follows(_ place: (updatedAt: Timestamp, id: ConversationID)) -> Bool {
        updatedAt == place.updatedAt ? place.id < id : updatedAt < place.updatedAt
    }
}

extension Array {
    /// The first index whose element satisfies a predicate that holds from some place on, by binary search.
    func start(_ holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
