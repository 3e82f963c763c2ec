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
            result.messages.append(Message(sequence: result.lastSequence, body: message, createdAt: updatedAt))
        }
        return result
    }

    /// What an append stored, which is at the end.
    func result(of new: NewMessages) -> AppendResult {
        AppendResult(messages: messages.suffix(new.messages.count).map(stored), version: conversation.version)
    }

    /// The messages that an append stored before, if it repeats one.
    func repeated(_ new: NewMessages) throws -> [ChatStorageCore.Message]? {
        guard new.messages.contains(where: { $0.key != nil }) else { return nil }
        return try RepeatedAppend.messages(for: new.messages, found: messages.map(stored))
    }

    func messages(_ query: MessageQuery) -> [ChatStorageCore.Message] {
        let page =
            if let sequence = query.position.lowerBound {
                messages.suffix(from: messages.start { $0.sequence > sequence }).prefix(query.limit)
            } else {
                messages.prefix(upTo: messages.start { $0.sequence >= query.position.upperBound ?? .max })
                    .suffix(query.limit)
            }
        return page.map(stored)
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
