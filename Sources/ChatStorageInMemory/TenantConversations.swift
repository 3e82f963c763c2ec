import ChatStorageCore

/// One tenant's conversations: the contract's rules, without a database around them.
struct TenantConversations: Sendable {
    /// A message as it is kept: its conversation is known from where it lies.
    struct StoredMessage: Sendable {
        let sequence: Int64
        let role: Role
        let content: String
        let createdAt: Timestamp

        func message(of id: ConversationID) -> Message {
            Message(conversationID: id, sequence: sequence, role: role, content: content, createdAt: createdAt)
        }
    }

    private struct Record: Sendable {
        var conversation: Conversation
        var messages: [StoredMessage] = []
    }

    private var records: [ConversationID: Record] = [:]
    private var order = RecencyOrder()

    var isEmpty: Bool { records.isEmpty }

    // MARK: Conversations

    func conversation(_ id: ConversationID) -> Conversation? {
        records[id]?.conversation
    }

    mutating func create(_ id: ConversationID, title: String?, now: Timestamp) throws -> Conversation {
        try insert(
            Record(conversation: Conversation(id: id, title: title, createdAt: now, updatedAt: now, lastSequence: 0)))
    }

    mutating func restore(_ snapshot: ConversationSnapshot) throws -> Conversation {
        let messages = snapshot.messages.map {
            StoredMessage(sequence: $0.sequence, role: $0.role, content: $0.content, createdAt: $0.createdAt)
        }
        return try insert(Record(conversation: snapshot.conversation, messages: messages))
    }

    mutating func updateTitle(of id: ConversationID, to title: String?, now: Timestamp) -> Conversation? {
        guard let old = records[id]?.conversation else { return nil }
        return touch(old, title: title, lastSequence: old.lastSequence, now: now)
    }

    /// Removes a conversation and hands out its messages to be freed; nil if there is none.
    mutating func remove(_ id: ConversationID) -> [StoredMessage]? {
        guard let record = records.removeValue(forKey: id) else { return nil }
        order.remove(RecencyOrder.Entry(record.conversation))
        return record.messages
    }

    func conversations(
        after position: (updatedAt: Timestamp, id: ConversationID)?, limit: Int
    ) -> [Conversation] {
        let start = position.map { RecencyOrder.Entry(updatedAt: $0.updatedAt, id: $0.id) }
        return order.entries(after: start, limit: limit).compactMap { records[$0.id]?.conversation }
    }

    // MARK: Messages

    mutating func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition, now: Timestamp
    ) throws -> [Message] {
        guard !messages.isEmpty else { return [] }
        let old: Conversation
        switch (records[id]?.conversation, condition) {
        case (let existing?, _): old = existing
        case (nil, .createIfMissing): old = try create(id, title: nil, now: now)
        case (nil, .exists):
            throw ChatStorageError(.conversationNotFound, "the conversation that was to be appended to does not exist")
        }
        let new = touch(old, title: old.title, lastSequence: old.lastSequence + Int64(messages.count), now: now)
        let stored = zip((old.lastSequence + 1)..., messages).map { sequence, message in
            StoredMessage(
                sequence: sequence, role: message.role, content: message.content, createdAt: new.updatedAt)
        }
        records[id]?.messages.append(contentsOf: stored)
        return stored.map { $0.message(of: id) }
    }

    func messages(of id: ConversationID, _ position: MessagePosition, limit: Int) -> [Message] {
        guard let messages = records[id]?.messages else { return [] }
        let page =
            switch position {
            case .end: messages.suffix(limit)
            case .before(let sequence): messages[..<messages.firstIndex(notBefore: sequence)].suffix(limit)
            case .after(.max): messages[messages.endIndex...]
            case .after(let sequence): messages[messages.firstIndex(notBefore: sequence + 1)...].prefix(limit)
            }
        return page.map { $0.message(of: id) }
    }

    /// Takes a conversation's messages away and hands them out to be counted and freed.
    mutating func clearMessages(of id: ConversationID, now: Timestamp) -> [StoredMessage] {
        guard let record = records[id] else { return [] }
        _ = touch(
            record.conversation, title: record.conversation.title, lastSequence: record.conversation.lastSequence,
            now: now)
        records[id]?.messages = []
        return record.messages
    }

    // MARK: The order of the list

    private mutating func insert(_ record: Record) throws -> Conversation {
        let conversation = record.conversation
        guard records[conversation.id] == nil else {
            throw ChatStorageError(.conversationExists, "a conversation of this id exists")
        }
        records[conversation.id] = record
        order.insert(RecencyOrder.Entry(conversation))
        return conversation
    }

    /// Gives a conversation its new state, updated now, or not earlier than before when the clock stepped back.
    private mutating func touch(
        _ old: Conversation, title: String?, lastSequence: Int64, now: Timestamp
    ) -> Conversation {
        let new = Conversation(
            id: old.id, title: title, createdAt: old.createdAt, updatedAt: max(now, old.updatedAt),
            lastSequence: lastSequence)
        records[old.id]?.conversation = new
        if new.updatedAt != old.updatedAt {
            order.remove(RecencyOrder.Entry(old))
            order.insert(RecencyOrder.Entry(new))
        }
        return new
    }
}

extension [TenantConversations.StoredMessage] {
    /// The first message that has this sequence or a higher one, by binary search: restored sequences can have gaps.
    fileprivate func firstIndex(notBefore sequence: Int64) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if self[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
