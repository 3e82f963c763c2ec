import ChatStorageCore

/// One conversation's messages, lowest sequence first, with little beside their texts.
struct MessageLog: Sendable {
    /// A stored message; its conversation is that of the log.
    struct Entry: Sendable {
        let content: String
        let sequence: Int64
        let createdAt: Timestamp
        let role: Role
    }

    /// What plain messages lack.
    ///
    // `@unchecked Sendable`: `changeRare` alone changes it, and only an object that no other log holds.
    final class Rare: @unchecked Sendable {
        var keys = MessageKeys()
        /// What messages have beside a role, a text and a key, by their sequences.
        var bodies: [Int64: ChatMessage] = [:]
        /// How the writing of answers under way went, even of those that have ended.
        private(set) var writings: [Int64: MessageWriting] = [:]
        /// The answers under way, lowest sequence first.
        private(set) var streaming: [Int64] = []
        /// The messages that do not follow the one before them, lowest sequence first.
        var jumps: [(sequence: Int64, predecessor: Int64)] = []

        init(_ other: Rare?) {
            guard let other else { return }
            keys = other.keys
            bodies = other.bodies
            writings = other.writings
            streaming = other.streaming
            jumps = other.jumps
        }

        func message(_ entry: Entry, of id: ConversationID) -> Message {
            let (sequence, body) = (entry.sequence, body(of: entry))
            let jump = jumps.isEmpty ? nil : jump(at: sequence)
            let writing = writings.isEmpty ? nil : writings[sequence]
            guard jump != nil || writing != nil else {
                return Message(ordinary: id, sequence: sequence, body: body, createdAt: entry.createdAt)
            }
            return Message(
                conversationID: id, sequence: sequence, body: body, createdAt: entry.createdAt,
                predecessor: jump?.predecessor, writing: writing)
        }

        /// The body of an entry's message; most logs use only one of these dictionaries, and an empty one costs
        /// nothing.
        private func body(of entry: Entry) -> ChatMessage {
            if !bodies.isEmpty, let body = bodies[entry.sequence] { return body }
            let key = keys.isEmpty ? nil : keys.key(at: entry.sequence)
            return ChatMessage(role: entry.role, content: entry.content, key: key)
        }

        func setWriting(_ writing: MessageWriting, at sequence: Int64) {
            guard writing != .none else { return }
            let was = writings.updateValue(writing, forKey: sequence)
            // An answer begins as a new message, which comes after all others.
            if writing.state == .streaming, was?.state != .streaming { streaming.append(sequence) }
            if writing.state != .streaming, was?.state == .streaming { streaming.removeAll { $0 == sequence } }
        }

        /// The jump that is the message of a sequence.
        func jump(at sequence: Int64) -> (sequence: Int64, predecessor: Int64)? {
            jump(notAfter: sequence).flatMap { $0.sequence == sequence ? $0 : nil }
        }

        /// The last jump at or before a sequence.
        func jump(notAfter sequence: Int64) -> (sequence: Int64, predecessor: Int64)? {
            // Most reads are of messages after the last jump.
            guard let last = jumps.last, sequence < last.sequence else { return jumps.last }
            var (low, high) = (0, jumps.count)
            while low < high {
                let middle = (low + high) / 2
                if jumps[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
            }
            return low > 0 ? jumps[low - 1] : nil
        }
    }

    private(set) var entries: [Entry] = []
    /// What plain messages lack, apart from the messages so that plain ones cost nothing; nil if all are plain.
    private(set) var rare: Rare?

    var count: Int { entries.count }

    /// The highest sequence of a message, 0 for none.
    var newest: Int64 { entries.last?.sequence ?? 0 }

    /// Adds messages at the end of the conversation that they belong to.
    ///
    /// - Parameter predecessor: The message that the first of them follows; 0 for none.
    mutating func append(
        _ new: NewMessages, after last: Int64, following predecessor: Int64, createdAt: Timestamp
    ) -> [Message] {
        if new.messages.isEmpty { return [] }
        reserve(new.messages.count)
        let first = append(new, at: 0, sequence: last + 1, following: predecessor, createdAt: createdAt)
        // A literal costs less than an array that grows, and most appends have one message.
        if new.messages.count == 1 { return [first] }
        var stored = [first]
        stored.reserveCapacity(new.messages.count)
        for index in 1..<new.messages.count {
            let sequence = last + 1 + Int64(index)
            stored.append(append(new, at: index, sequence: sequence, following: sequence - 1, createdAt: createdAt))
        }
        return stored
    }

    /// Adds one of an append's messages.
    private mutating func append(
        _ new: NewMessages, at index: Int, sequence: Int64, following predecessor: Int64, createdAt: Timestamp
    ) -> Message {
        let (body, writing) = (new.messages[index], new.writing(at: index))
        if body.isPlain, body.key == nil, writing == nil, predecessor == newest {
            entries.append(
                Entry(content: body.content, sequence: sequence, createdAt: createdAt, role: body.role))
            return Message(ordinary: new.conversationID, sequence: sequence, body: body, createdAt: createdAt)
        }
        let message = Message(
            conversationID: new.conversationID, sequence: sequence, body: body, createdAt: createdAt,
            predecessor: predecessor == newest ? nil : predecessor, writing: writing)
        append(message)
        return message
    }

    /// Adds restored messages, whose sequences may have gaps.
    mutating func append(_ messages: [Message]) {
        reserve(messages.count)
        for message in messages { append(message) }
    }

    /// The messages that an append stored before, if it repeats one.
    func repeated(_ new: NewMessages) throws -> [Message]? {
        guard let keys = rare?.keys, !keys.isEmpty else { return nil }
        let sequences = new.messages.compactMap { $0.key.flatMap(keys.sequence) }
        guard !sequences.isEmpty else { return nil }
        return try RepeatedAppend.messages(for: new, found: messages(sequences, of: new.conversationID))
    }

    /// The messages that are looked up, lowest sequence first.
    func messages(_ lookup: MessageQuery.Lookup, of id: ConversationID) -> [Message] {
        switch lookup {
        case .sequences(let sequences): messages(sequences, of: id)
        case .keys(let keys): messages(keys.compactMap { rare?.keys.sequence(of: $0) }, of: id)
        }
    }

    private func messages(_ sequences: [Int64], of id: ConversationID) -> [Message] {
        Set(sequences).sorted().compactMap { index(of: $0).map { message(entries[$0], of: id) } }
    }

    /// Changes a message.
    mutating func revise(_ revision: MessageRevision, now: Timestamp) throws -> Message {
        let index = index(of: revision.sequence)
        let outcome = try revision.applied(
            to: index.map { message(entries[$0], of: revision.conversationID) }, at: now)
        guard case .changed(let message) = outcome, let index else {
            if case .made(let message) = outcome { return message }
            throw ChatStorageError(.messageNotFound, "the message that was to be changed does not exist")
        }
        entries[index] = Entry(message)
        changeRare { rare in
            rare.bodies[message.sequence] = message.body.isPlain ? nil : message.body
            rare.setWriting(message.writing, at: message.sequence)
        }
        return message
    }

    /// The preview of the newest message with a text among the last ones.
    ///
    /// - Parameter head: The end of the current path.
    func preview(_ scalars: Int, head: Int64?) -> MessagePreview? {
        // Nearly always the last message has a text.
        var found = head == nil ? entries.last : head.flatMap(index).map { entries[$0] }
        if found?.content.isEmpty ?? true {
            found = last(MessagePreview.messages, through: head ?? newest) { _ in true }.first { !$0.content.isEmpty }
        }
        guard let entry = found else { return nil }
        return MessagePreview(
            sequence: entry.sequence, role: entry.role, createdAt: entry.createdAt, text: entry.content,
            state: rare?.writings[entry.sequence]?.state ?? .complete, scalars: scalars)
    }

    /// Whether an answer is under way.
    var isAnswering: Bool { !(rare?.streaming.isEmpty ?? true) }

    /// The answers under way after a message that were last written at a time or before, lowest sequence first.
    func unfinished(after start: Int64, since time: Timestamp, limit: Int, of id: ConversationID) -> [Message] {
        var found: [Message] = []
        for sequence in rare?.streaming ?? [] where sequence > start {
            guard found.count < limit, let index = index(of: sequence) else { break }
            let message = message(entries[index], of: id)
            if (message.writing.revisedAt ?? message.createdAt) <= time { found.append(message) }
        }
        return found
    }

    func message(_ entry: Entry, of id: ConversationID) -> Message {
        rare?.message(entry, of: id)
            ?? Message(
                ordinary: id, sequence: entry.sequence,
                body: ChatMessage(role: entry.role, content: entry.content), createdAt: entry.createdAt)
    }

    private mutating func append(_ message: Message) {
        entries.append(Entry(message))
        if message.isOrdinary, message.body.isPlain, message.body.key == nil { return }
        changeRare { $0.insert(message) }
    }

    /// Replaces all messages.
    mutating func replace(with messages: [Message]) {
        self = MessageLog()
        append(messages)
    }

    /// Changes what plain messages lack, in an object that no copy of the log shares.
    private mutating func changeRare(_ body: (Rare) -> Void) {
        if !isKnownUniquelyReferenced(&rare) { rare = Rare(rare) }
        if let rare { body(rare) }
    }

    /// The index of a message; nil if it does not exist.
    func index(of sequence: Int64) -> Int? {
        let index = firstIndex(notBefore: sequence)
        return index < entries.count && entries[index].sequence == sequence ? index : nil
    }

    /// Grows by a quarter: doubling would leave up to half of a long conversation's memory unused.
    private mutating func reserve(_ count: Int) {
        let needed = entries.count + count
        if needed > entries.capacity { entries.reserveCapacity(max(needed, entries.count + entries.count / 4 + 2)) }
    }

    /// The first message that has this sequence or a higher one, by binary search: restored sequences can have gaps.
    func firstIndex(notBefore sequence: Int64) -> Int {
        // Most reads begin at the end.
        guard sequence <= newest else { return entries.count }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension MessageLog.Entry {
    fileprivate init(_ message: Message) {
        self.init(
            content: message.content, sequence: message.sequence, createdAt: message.createdAt, role: message.role)
    }
}

extension MessageLog.Rare {
    fileprivate func insert(_ message: Message) {
        if let key = message.key { keys.insert(key, at: message.sequence) }
        if !message.body.isPlain { bodies[message.sequence] = message.body }
        setWriting(message.writing, at: message.sequence)
        if let predecessor = message.predecessor { jumps.append((message.sequence, predecessor)) }
    }
}
