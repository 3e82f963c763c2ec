import ChatStorageCore

/// A conversation with its messages, lowest sequence first.
struct Chat: Sendable {
    typealias Message = ConversationSnapshot.Message

    var conversation: Conversation
    var messages: [Message] = []

    init(_ conversation: Conversation, _ messages: [Message] = []) {
        self.conversation = conversation
        self.messages = messages
    }

    /// A conversation that is created now.
    init(_ new: NewConversation) {
        let now = Timestamp.now()
        conversation = Conversation(
            id: new.id, title: new.title, createdAt: now, updatedAt: now, lastSequence: 0, labels: new.labels,
            metadata: new.metadata)
    }

    /// The message as a call returns it.
    func stored(_ message: Message) -> ChatStorageCore.Message {
        .init(
            conversationID: conversation.id, sequence: message.sequence, body: message.body,
            createdAt: message.createdAt)
    }

    /// Adds messages; the conversation is updated now, or not earlier than before when the clock stepped back.
    mutating func append(_ new: NewMessages, at now: Timestamp) -> AppendResult {
        let (old, count) = (conversation, Int64(new.messages.count))
        conversation = old.with(
            updatedAt: max(old.updatedAt, now), lastSequence: old.lastSequence + count,
            messageCount: old.messageCount + new.messages.count,
            readThrough: new.marksRead ? old.lastSequence + count : old.readThrough)
        for (index, body) in new.messages.enumerated() {
            let sequence = old.lastSequence + Int64(index) + 1
            messages.append(Message(sequence: sequence, body: body, createdAt: conversation.updatedAt))
        }
        return AppendResult(messages: messages.suffix(new.messages.count).map(stored), version: conversation.version)
    }

    /// Removes all messages; what was cleared is read, and makes another version.
    mutating func clear() {
        messages = []
        conversation = conversation.with(
            updatedAt: max(conversation.updatedAt, .now()), messageCount: 0, readThrough: conversation.lastSequence,
            clearedThrough: conversation.lastSequence)
    }

    /// The messages that an append stored before, if it repeats one.
    func repeated(_ new: NewMessages) throws -> [ChatStorageCore.Message]? {
        guard new.messages.contains(where: { $0.key != nil }) else { return nil }
        return try RepeatedAppend.messages(for: new.messages, found: messages.map(stored))
    }

    func messages(_ query: MessageQuery) -> [ChatStorageCore.Message] {
        let page =
            if let lookup = query.lookup {
                messages.filter(lookup.names)[...]
            } else if let sequence = query.position.lowerBound {
                messages.suffix(from: messages.start { $0.sequence > sequence }).prefix(query.limit)
            } else {
                messages.prefix(upTo: messages.start { $0.sequence >= query.position.upperBound ?? .max })
                    .suffix(query.limit)
            }
        return page.map(stored)
    }

    /// The preview of the newest of the last messages that says something.
    func preview(scalars: Int) -> MessagePreview? {
        messages.suffix(MessagePreview.messages).last { !$0.content.isEmpty }
            .map { MessagePreview(stored($0), scalars: scalars) }
    }
}

extension Conversation {
    func with(
        updatedAt: Timestamp, lastSequence: Int64? = nil, messageCount: Int, readThrough: Int64,
        clearedThrough: Int64? = nil
    ) -> Conversation {
        Conversation(
            id: id, title: title, createdAt: createdAt, updatedAt: updatedAt,
            lastSequence: lastSequence ?? self.lastSequence, messageCount: messageCount, readThrough: readThrough,
            labels: labels, metadata: metadata, clearedThrough: clearedThrough ?? version.clearedThrough)
    }

    /// Whether this comes after a place in the list: updated earlier, or then too and of an id with higher bytes.
    func follows(_ place: (updatedAt: Timestamp, id: ConversationID)) -> Bool {
        updatedAt == place.updatedAt ? place.id < id : updatedAt < place.updatedAt
    }
}

extension MessageQuery.Lookup {
    func names(_ message: Chat.Message) -> Bool {
        switch self {
        case .sequences(let sequences): sequences.contains(message.sequence)
        case .keys(let keys): message.key.map { key in keys.contains { $0.utf8.elementsEqual(key.utf8) } } ?? false
        }
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
