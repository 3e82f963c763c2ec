import ChatStorageCore

/// One conversation's messages, lowest sequence first, with little beside their texts.
struct MessageLog: Sendable {
    /// A message as it is kept; its conversation is known from where it lies.
    private struct Entry: Sendable {
        let content: String
        let sequence: Int64
        let createdAt: Timestamp
        let role: Role
    }

    /// What plain messages have not.
    ///
    // `@unchecked Sendable`: it is changed only by the one log that holds it, see `changeRare`.
    private final class Rare: @unchecked Sendable {
        var keys: MessageKeys
        /// What messages have beside a role, a text and a key, by their sequences.
        var bodies: [Int64: ChatMessage]

        init(_ other: Rare?) {
            keys = other?.keys ?? MessageKeys()
            bodies = other?.bodies ?? [:]
        }

        func body(of entry: Entry) -> ChatMessage {
            bodies[entry.sequence]
                ?? ChatMessage(role: entry.role, content: entry.content, key: keys.key(at: entry.sequence))
        }
    }

    private var entries: [Entry] = []
    /// Beside the messages, so that plain ones cost nothing; nil if all are.
    private var rare: Rare?

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
        case .keys(let keys): return messages(keys.compactMap { rare?.keys.sequence(of: $0) }, of: query.conversationID)
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
        guard let keys = rare?.keys, !keys.isEmpty else { return nil }
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
        changeRare { $0.bodies[revision.sequence] = body.isPlain ? nil : body }
        return message(entries[index], of: revision.conversationID)
    }

    /// The preview of the newest of the last messages that says something.
    func preview(_ scalars: Int) -> MessagePreview? {
        entries.suffix(MessagePreview.messages).last { !$0.content.isEmpty }
            .map { entry in
                MessagePreview(
                    sequence: entry.sequence, role: entry.role, createdAt: entry.createdAt, text: entry.content,
                    scalars: scalars)
            }
    }

    private func message(_ entry: Entry, of id: ConversationID) -> Message {
        Message(conversationID: id, sequence: entry.sequence, body: body(of: entry), createdAt: entry.createdAt)
    }

    private func body(of entry: Entry) -> ChatMessage {
        rare?.body(of: entry) ?? ChatMessage(role: entry.role, content: entry.content)
    }

    private mutating func append(_ message: ChatMessage, sequence: Int64, createdAt: Timestamp) {
        entries.append(
            Entry(content: message.content, sequence: sequence, createdAt: createdAt, role: message.role))
        if message.key == nil, message.isPlain { return }
        changeRare { rare in
            if let key = message.key { rare.keys.insert(key, at: sequence) }
            if !message.isPlain { rare.bodies[sequence] = message }
        }
    }

    /// Changes what plain messages have not, in an object that no copy of the log holds.
    private mutating func changeRare(_ body: (Rare) -> Void) {
        if !isKnownUniquelyReferenced(&rare) { rare = Rare(rare) }
        if let rare { body(rare) }
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
