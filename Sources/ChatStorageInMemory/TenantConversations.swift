import ChatStorageCore

/// One tenant's conversations: the contract's rules, without a database around them.
///
/// `@unchecked Sendable`: it is reached only through the store, whose lock every call holds.
final class TenantConversations: @unchecked Sendable {
    private final class Record {
        let id: ConversationID
        let createdAt: Timestamp
        var title: String?
        var updatedAt: Timestamp
        var lastSequence: Int64
        var messages: MessageLog
        /// Where the conversation stands in the order of the list: its `updatedAt`, or an earlier one it had.
        var listedAt: Timestamp

        init(_ conversation: Conversation, _ messages: MessageLog) {
            id = conversation.id
            createdAt = conversation.createdAt
            title = conversation.title
            updatedAt = conversation.updatedAt
            lastSequence = conversation.lastSequence
            self.messages = messages
            listedAt = conversation.updatedAt
        }

        var conversation: Conversation {
            Conversation(
                id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, lastSequence: lastSequence)
        }
    }

    /// So many conversations may stand in the list where they stood before they were touched.
    private static let mostStale = 1_024

    private var records: [ConversationID: Record] = [:]
    private var order = RecencyOrder()
    /// Conversations that were touched since the list was last read; one that was deleted and made again may come twice.
    private var stale: [ConversationID] = []

    var isEmpty: Bool { records.isEmpty }

    // MARK: Conversations

    func conversation(_ id: ConversationID) -> Conversation? {
        records[id]?.conversation
    }

    func create(_ id: ConversationID, title: String?, now: Timestamp) throws -> Conversation {
        guard records[id] == nil else { throw Self.conversationExists }
        return insert(
            Conversation(id: id, title: title, createdAt: now, updatedAt: now, lastSequence: 0), MessageLog()
        ).conversation
    }

    func restore(_ snapshot: ConversationSnapshot) throws -> Conversation {
        guard records[snapshot.id] == nil else { throw Self.conversationExists }
        var messages = MessageLog()
        messages.append(snapshot.messages)
        return insert(snapshot.conversation, messages).conversation
    }

    func updateTitle(of id: ConversationID, to title: String?, now: Timestamp) -> Conversation? {
        guard let record = records[id] else { return nil }
        touch(record, now: now)
        record.title = title
        return record.conversation
    }

    /// Removes a conversation and hands out its messages to be freed; nil if there is none.
    func remove(_ id: ConversationID) -> MessageLog? {
        guard let record = records.removeValue(forKey: id) else { return nil }
        order.remove(RecencyOrder.Entry(updatedAt: record.listedAt, id: id))
        return record.messages
    }

    func conversations(
        after position: (updatedAt: Timestamp, id: ConversationID)?, limit: Int
    ) -> [Conversation] {
        moveStale()
        let start = position.map { RecencyOrder.Entry(updatedAt: $0.updatedAt, id: $0.id) }
        return order.entries(after: start, limit: limit).compactMap { records[$0.id]?.conversation }
    }

    // MARK: Messages

    func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition, now: Timestamp
    ) throws -> [Message] {
        guard !messages.isEmpty else { return [] }
        if let repeated = try records[id]?.messages.repeated(messages, of: id) { return repeated }
        let record: Record
        switch (records[id], condition) {
        case (let existing?, .unchanged(let version)) where existing.conversation.version != version:
            throw ChatStorageError(.conflict, "the conversation is not the one that was read, or was appended to since")
        case (let existing?, _): record = existing
        case (nil, .createIfMissing):
            record = insert(
                Conversation(id: id, title: nil, createdAt: now, updatedAt: now, lastSequence: 0), MessageLog())
        case (nil, .exists), (nil, .unchanged):
            throw ChatStorageError(.conversationNotFound, "the conversation that was to be appended to does not exist")
        }
        touch(record, now: now)
        let last = record.lastSequence
        record.lastSequence += Int64(messages.count)
        return record.messages.append(messages, to: id, after: last, createdAt: record.updatedAt)
    }

    func messages(of id: ConversationID, _ position: MessagePosition, limit: Int) -> [Message] {
        records[id]?.messages.page(of: id, position, limit: limit) ?? []
    }

    /// Takes a conversation's messages away and hands them out to be counted and freed.
    func clearMessages(of id: ConversationID, now: Timestamp) -> MessageLog {
        guard let record = records[id] else { return MessageLog() }
        touch(record, now: now)
        defer { record.messages = MessageLog() }
        return record.messages
    }

    // MARK: The order of the list

    private func insert(_ conversation: Conversation, _ messages: MessageLog) -> Record {
        let record = Record(conversation, messages)
        records[conversation.id] = record
        order.insert(RecencyOrder.Entry(conversation))
        return record
    }

    /// Notes that a conversation is updated now, or not earlier than before when the clock stepped back.
    ///
    /// It keeps its place in the list until the list is read: most are touched many times in between.
    private func touch(_ record: Record, now: Timestamp) {
        guard now > record.updatedAt else { return }
        let isListedRight = record.listedAt == record.updatedAt
        record.updatedAt = now
        guard isListedRight else { return }
        stale.append(record.id)
        if stale.count >= Self.mostStale { moveStale() }
    }

    /// Moves what was touched to its place in the list.
    private func moveStale() {
        for id in stale {
            // It may have been deleted since, and created again.
            guard let record = records[id], record.listedAt != record.updatedAt else { continue }
            order.remove(RecencyOrder.Entry(updatedAt: record.listedAt, id: id))
            order.insert(RecencyOrder.Entry(updatedAt: record.updatedAt, id: id))
            record.listedAt = record.updatedAt
        }
        stale.removeAll(keepingCapacity: true)
    }

    private static let conversationExists = ChatStorageError(.conversationExists, "a conversation of this id exists")
}
