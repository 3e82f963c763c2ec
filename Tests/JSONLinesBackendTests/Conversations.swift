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
            createdAt: message.createdAt, predecessor: message.predecessor, writing: message.writing)
    }

    /// Adds messages; the conversation is updated now, or not earlier than before when the clock stepped back.
    mutating func append(_ new: NewMessages, at now: Timestamp) throws -> AppendResult {
        let (old, head, count) = (conversation, head, Int64(new.messages.count))
        let predecessor = try predecessor(at: new.place)
        if let version = new.condition.expectedVersion, conversation.version != version {
            throw ChatStorageError(.conflict, "the conversation was appended to, cleared or replaced since")
        }
        conversation = old.with(
            updatedAt: max(old.updatedAt, now), lastSequence: old.lastSequence + count,
            messageCount: old.messageCount + new.messages.count,
            readThrough: new.marksRead ? old.lastSequence + count : old.readThrough)
        for (index, body) in new.messages.enumerated() {
            let isJump = index == 0 && predecessor != newest
            messages.append(
                Message(
                    sequence: old.lastSequence + Int64(index) + 1, body: body, createdAt: conversation.updatedAt,
                    predecessor: isJump ? predecessor : nil, writing: new.writing(at: index) ?? .none))
        }
        setHead(new.movesHead ? newest : head)
        return AppendResult(messages: messages.suffix(new.messages.count).map(stored), version: conversation.version)
    }

    /// Removes messages, and returns how many; clearing counts all as read, and makes another version.
    mutating func remove(_ selection: MessageRemoval.Selection) -> Int {
        let count = messages.count
        switch selection {
        case .all: messages = []
        case .messages(let sequences): remove { sequences.contains($0) }
        case .from(let sequence):
            guard index(of: sequence) != nil else { return 0 }
            let descendants = tree.descendants(of: sequence)
            remove { sequence in descendants.contains { $0.contains(sequence) } }
        }
        let isClear = selection == .all
        guard isClear || messages.count < count else { return 0 }
        conversation = conversation.with(
            updatedAt: max(conversation.updatedAt, .now()), messageCount: messages.count,
            readThrough: isClear ? conversation.lastSequence : conversation.readThrough,
            clearedThrough: isClear ? conversation.lastSequence : nil)
        if isClear { setHead(0) }
        return count - messages.count
    }

    /// The messages that an append stored before, if it repeats one.
    func repeated(_ new: NewMessages) throws -> [ChatStorageCore.Message]? {
        guard new.messages.contains(where: { $0.key != nil }) else { return nil }
        return try RepeatedAppend.messages(for: new, found: messages.map(stored))
    }

    /// The preview of the newest of the last messages that says something.
    func preview(scalars: Int) -> MessagePreview? {
        path(through: head).suffix(MessagePreview.messages).last { !messages[$0].content.isEmpty }
            .map { MessagePreview(stored(messages[$0]), scalars: scalars) }
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
            labels: labels, metadata: metadata, clearedThrough: clearedThrough ?? version.clearedThrough, head: head,
            isBranched: isBranched)
    }

    func with(head: Int64?, isBranched: Bool) -> Conversation {
        Conversation(
            id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, lastSequence: lastSequence,
            messageCount: messageCount, readThrough: readThrough, labels: labels, metadata: metadata,
            clearedThrough: version.clearedThrough, head: head, isBranched: isBranched)
    }

    /// Whether this comes after a place in the list: updated earlier, or at the same time with an id of higher bytes.
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
