import ChatStorageCore

/// One tenant's conversations: the contract's rules, without a database around them.
struct TenantConversations: Sendable {
    /// How many conversations may stay at their old places in the list after they were updated.
    private static let mostStale = 1_024

    private var records: [ConversationID: ConversationRecord] = [:]
    private var order = RecencyOrder()
    /// Conversations that were updated since the list was last read; one that was deleted and made again can be in it
    /// twice.
    private var stale: [ConversationID] = []
    /// Conversations in which answers were begun; the next search for answers under way drops those that have none.
    private var answering: Set<ConversationID> = []
    /// The same in order, for the pages of a search after its first; nil once an answer was begun elsewhere.
    private var answeringInOrder: [ConversationID]?

    var isEmpty: Bool { records.isEmpty }

    /// The same conversations in records of their own; a mere copy of this value would share them.
    func copied() -> TenantConversations {
        var copy = self
        copy.records = records.mapValues { $0.copied() }
        return copy
    }

    // MARK: Conversations

    func conversation(_ id: ConversationID) -> Conversation? {
        records[id]?.conversation
    }

    mutating func create(_ new: NewConversation, now: Timestamp) throws -> Conversation {
        if let existing = records[new.id] {
            guard new.ifExists == .keep else { throw Self.conversationExists }
            return existing.conversation
        }
        let conversation = Conversation(
            id: new.id, title: new.title, createdAt: now, updatedAt: now, lastSequence: 0, labels: new.labels,
            metadata: new.metadata)
        insert(conversation, MessageLog())
        return conversation
    }

    mutating func restore(_ snapshot: ConversationSnapshot) throws -> Conversation {
        guard records[snapshot.id] == nil else { throw Self.conversationExists }
        var messages = MessageLog()
        messages.append(snapshot.storedMessages)
        insert(snapshot.conversation, messages)
        return snapshot.conversation
    }

    mutating func update(
        _ id: ConversationID, _ change: ConversationChange, now: Timestamp
    ) throws -> Conversation? {
        if change.isEmpty { return conversation(id) }
        return try self.change(id) { record in
            try record.update(change, now: now)
            return record.conversation
        }
    }

    /// Removes a conversation and returns its messages, to be freed; nil if there is none, or something spares it.
    mutating func remove(_ deletion: ConversationDeletion) -> MessageLog? {
        let id = deletion.id
        if !deletion.isUnconditional {
            guard let conversation = conversation(id), deletion.applies(to: conversation) else { return nil }
        }
        guard let record = records.removeValue(forKey: id) else { return nil }
        if !answering.isEmpty { answering.remove(id) }
        order.remove(RecencyOrder.Entry(updatedAt: record.listedAt, id: id))
        return record.messages
    }

    /// How many conversations and messages there are.
    var count: (conversations: Int, messages: Int) {
        (records.count, records.values.reduce(0) { $0 + $1.messages.count })
    }

    /// Reads a page of conversations.
    ///
    /// - Parameter position: The last conversation before the page.
    mutating func conversations(
        _ query: ConversationQuery, after position: (updatedAt: Timestamp, id: ConversationID)?, tenant: String
    ) -> ConversationPage {
        guard query.limit > 0 else { return ConversationPage(items: [], next: nil) }
        moveStale()
        let start = position.map { RecencyOrder.Entry(updatedAt: $0.updatedAt, id: $0.id) }
        if query.with.isEmpty, query.without.isEmpty {
            let rows = query.limit == .max ? query.limit : query.limit + 1
            let page = order.entries(after: start, limit: rows).compactMap { entry -> Conversation? in
                guard let record = records[entry.id] else { return nil }
                guard let scalars = query.preview else { return record.conversation }
                var conversation = record.conversation
                conversation.preview = record.preview(scalars)
                return conversation
            }
            return ConversationPage(page, limit: query.limit, tenant: tenant)
        }
        var builder = ConversationPageBuilder(query)
        var last = start
        while !builder.isFull {
            let entries = order.entries(after: last, limit: 256)
            for entry in entries where !builder.isFull { look(at: entry, &builder) }
            guard let end = entries.last else { break }
            last = end
        }
        return builder.page(tenant: tenant)
    }

    private func look(at entry: RecencyOrder.Entry, _ builder: inout ConversationPageBuilder) {
        guard let record = records[entry.id] else { return }
        builder.add(record.conversation) { scalars in record.preview(scalars) }
    }

    // MARK: Messages

    mutating func append(_ new: NewMessages, now: Timestamp) throws -> AppendResult {
        guard !new.messages.isEmpty else { return .nothing }
        if let record = records[new.conversationID] {
            let wasListedLate = record.isListedLate
            let appended = try record.append(new, now: now)
            noteTouched(record, wasListedLate: wasListedLate)
            if new.isStreaming { noteAnswering(new.conversationID) }
            return appended
        }
        guard new.condition.createsConversation else {
            throw ChatStorageError(.conversationNotFound, "the conversation to append to does not exist")
        }
        let first = new.condition.firstValues
        let conversation = Conversation(
            id: new.conversationID, title: first?.title, createdAt: now, updatedAt: now, lastSequence: 0,
            labels: first?.labels ?? [], metadata: first?.metadata ?? Metadata())
        let record = ConversationRecord(conversation, MessageLog())
        let result = try record.append(new, now: now)
        insert(record)
        return result
    }

    mutating func revise(_ revision: MessageRevision, now: Timestamp) throws -> Message {
        guard let message = try change(revision.conversationID, { try $0.revise(revision, now: now) }) else {
            throw ChatStorageError(.messageNotFound, "the message that was to be changed does not exist")
        }
        return message
    }

    func messages(_ query: MessageQuery) throws -> MessagePage {
        try records[query.conversationID]?.page(query) ?? MessagePage([], for: query)
    }

    func forks(of id: ConversationID) -> [Fork] {
        records[id]?.messages.tree.forks ?? []
    }

    /// Removes messages of a conversation; returns how many there were, and the messages to free.
    mutating func remove(_ removal: MessageRemoval, now: Timestamp) -> (count: Int, freed: MessageLog) {
        change(removal.conversationID) { $0.remove(removal.selection, now: now) } ?? (0, MessageLog())
    }

    /// The answers under way that were last written at a time or before, by the bytes of their conversations' ids, then
    /// by sequence.
    ///
    /// - Parameter start: The last one of the page before.
    mutating func unfinished(after start: Message.ID?, since time: Timestamp, limit: Int) -> [Message] {
        if start == nil || answeringInOrder == nil {
            answering = answering.filter { records[$0]?.messages.isAnswering ?? false }
            answeringInOrder = answering.sorted()
        }
        let ids = answeringInOrder ?? []
        var found: [Message] = []
        let begin = start.map { start in
            RecencyOrder.firstIndex(below: ids.count) { start.conversationID <= ids[$0] }
        }
        for id in ids[(begin ?? 0)...] {
            guard found.count < limit else { break }
            guard let messages = records[id]?.messages else { continue }
            let first = start.map { $0.conversationID == id ? $0.sequence : 0 } ?? 0
            found += messages.unfinished(after: first, since: time, limit: limit - found.count, of: id)
        }
        return found
    }

    // MARK: Records and their order

    private mutating func insert(_ conversation: Conversation, _ messages: MessageLog) {
        insert(ConversationRecord(conversation, messages))
    }

    private mutating func insert(_ record: ConversationRecord) {
        records[record.conversation.id] = record
        if record.messages.isAnswering { noteAnswering(record.conversation.id) }
        order.insert(RecencyOrder.Entry(record.conversation))
    }

    private mutating func noteAnswering(_ id: ConversationID) {
        if answering.insert(id).inserted { answeringInOrder = nil }
    }

    /// Changes a conversation in place; nil if there is none.
    ///
    /// It keeps its place in the list until the list is read: most are updated many times in between.
    private mutating func change<Result>(
        _ id: ConversationID, _ body: (ConversationRecord) throws -> Result
    ) rethrows -> Result? {
        guard let record = records[id] else { return nil }
        let wasListedLate = record.isListedLate
        let result = try body(record)
        noteTouched(record, wasListedLate: wasListedLate)
        return result
    }

    private mutating func noteTouched(_ record: ConversationRecord, wasListedLate: Bool) {
        guard !wasListedLate, record.isListedLate else { return }
        stale.append(record.conversation.id)
        if stale.count >= Self.mostStale { moveStale() }
    }

    /// Moves updated conversations to their places in the list.
    private mutating func moveStale() {
        for id in stale {
            // It may have been deleted since, and created again.
            guard let record = records[id], record.isListedLate else { continue }
            order.remove(RecencyOrder.Entry(updatedAt: record.listedAt, id: id))
            record.becomeListed()
            order.insert(RecencyOrder.Entry(updatedAt: record.listedAt, id: id))
        }
        stale.removeAll(keepingCapacity: true)
    }

    private static let conversationExists = ChatStorageError(.conversationExists, "a conversation of this id exists")
}
