import ChatStorageCore

/// One conversation's messages, lowest sequence first, with little beside their texts.
struct MessageLog: Sendable {
    /// A message as it is kept: its conversation is known from where it lies, its role by its place in ``roles``.
    private struct Entry: Sendable {
        let content: String
        let sequence: Int64
        let createdAt: Timestamp
        let role: UInt32
    }

    private var entries: [Entry] = []
    /// Shared by all conversations that have no other roles.
    private var roles = Role.mostUsedFirst
    /// Beside the messages, so that those without a key cost nothing.
    private var keys = MessageKeys()
    /// What messages have beside a role, a text and a key, by their sequences, so that plain ones cost nothing.
    private var bodies: [Int64: ChatMessage] = [:]

    var count: Int { entries.count }

    /// Adds messages at the end of the conversation that they belong to.
    mutating func append(
        _ messages: [ChatMessage], to id: ConversationID, after last: Int64, createdAt: Timestamp
    ) -> [Message] {
        reserve(messages.count)
        var stored: [Message] = []
        stored.reserveCapacity(messages.count)
        var sequence = last
        for message in messages {
            sequence += 1
            append(message, sequence: sequence, createdAt: createdAt)
            stored.append(
                Message(conversationID: id, sequence: sequence, body: message, createdAt: createdAt))
        }
        return stored
    }

    /// Adds messages as they were elsewhere, which may leave gaps between sequences.
    mutating func append(_ messages: [ConversationSnapshot.Message]) {
        reserve(messages.count)
        for message in messages {
            append(message.body, sequence: message.sequence, createdAt: message.createdAt)
        }
    }

    /// A page of the messages, or some of them, lowest sequence first.
    func page(_ query: MessageQuery) -> [Message] {
        switch query.lookup {
        case .sequences(let sequences): return messages(sequences, of: query.conversationID)
        case .keys(let keys): return messages(keys.compactMap(self.keys.sequence), of: query.conversationID)
        case nil: break
        }
        let page =
            if let lowerBound = query.position.lowerBound {
                // No sequence is as high as Int64.max: restoring stops at 2⁵³ - 1.
                entries[firstIndex(notBefore: lowerBound == .max ? .max : lowerBound + 1)...].prefix(query.limit)
            } else if let upperBound = query.position.upperBound {
                entries[..<firstIndex(notBefore: upperBound)].suffix(query.limit)
            } else {
                entries.suffix(query.limit)
            }
        return page.map { message($0, of: query.conversationID) }
    }

    /// The messages that an append stored before, if it repeats one.
    func repeated(_ new: NewMessages) throws -> [Message]? {
        guard !keys.isEmpty else { return nil }
        let sequences = new.messages.compactMap { $0.key.flatMap(keys.sequence) }
        guard !sequences.isEmpty else { return nil }
        let found = sequences.map { message(entries[firstIndex(notBefore: $0)], of: new.conversationID) }
        return try RepeatedAppend.messages(for: new.messages, found: found)
    }

    private func messages(_ sequences: [Int64], of id: ConversationID) -> [Message] {
        Set(sequences).sorted().compactMap { index(of: $0).map { message(entries[$0], of: id) } }
    }

    /// Changes what the app keeps beside a message; nil if it is not there.
    mutating func revise(_ revision: MessageRevision) throws -> Message? {
        guard let index = index(of: revision.sequence) else { return nil }
        var body = body(of: entries[index])
        body.metadata = try revision.metadata.applied(to: body.metadata)
        bodies[revision.sequence] = body.isPlain ? nil : body
        return message(entries[index], of: revision.conversationID)
    }

    /// The preview of the newest of the last messages that says something.
    func preview(of id: ConversationID, _ scalars: Int) -> MessagePreview? {
        entries.suffix(MessagePreview.messages).last { !$0.content.isEmpty }
            .map { MessagePreview(message($0, of: id), scalars: scalars) }
    }

    private func message(_ entry: Entry, of id: ConversationID) -> Message {
        Message(conversationID: id, sequence: entry.sequence, body: body(of: entry), createdAt: entry.createdAt)
    }

    private func body(of entry: Entry) -> ChatMessage {
        if !bodies.isEmpty, let body = bodies[entry.sequence] { return body }
        return ChatMessage(
            role: roles[Int(entry.role)], content: entry.content, key: keys.key(at: entry.sequence))
    }

    private mutating func append(_ message: ChatMessage, sequence: Int64, createdAt: Timestamp) {
        entries.append(
            Entry(content: message.content, sequence: sequence, createdAt: createdAt, role: code(of: message.role)))
        if let key = message.key { keys.insert(key, at: sequence) }
        if !message.isPlain { bodies[sequence] = message }
    }

    /// Where a message is; nil if it is not there.
    private func index(of sequence: Int64) -> Int? {
        let index = firstIndex(notBefore: sequence)
        return index < entries.count && entries[index].sequence == sequence ? index : nil
    }

    /// Makes room by quarters: doubling would leave half of a long conversation's room empty.
    private mutating func reserve(_ count: Int) {
        let needed = entries.count + count
        if needed > entries.capacity { entries.reserveCapacity(max(needed, entries.count + entries.count / 4 + 2)) }
    }

    private mutating func code(of role: Role) -> UInt32 {
        if let known = roles.firstIndex(of: role) { return UInt32(known) }
        roles.append(role)
        return UInt32(roles.count - 1)
    }

    /// The first message that has this sequence or a higher one, by binary search: restored sequences can have gaps.
    private func firstIndex(notBefore sequence: Int64) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
