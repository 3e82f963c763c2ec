import ChatStorageCore

/// What a tenant's calls do to messages, in the caller's transaction.
extension Database {
    func append(_ new: NewMessages, tenant: String) throws -> AppendResult {
        let id = new.conversationID
        if let repeated = try repeated(new, tenant: tenant) {
            return AppendResult(messages: repeated, version: try conversation(tenant: tenant, id)?.version)
        }
        let now = Timestamp.now()
        guard new.place == .head, new.movesHead else { return try appendToTree(new, tenant: tenant, now: now) }
        guard let place = try conversationTable.place(tenant: tenant, id) else {
            return try appendToNew(new, tenant: tenant, now: now)
        }
        guard place.head == nil, new.condition.expectedVersion.map({ $0 == place.version }) ?? true else {
            return try appendToTree(new, tenant: tenant, now: now)
        }
        guard let extended = try conversationTable.extend(place, by: new, at: now) else { throw Self.rowIgnored }
        return try store(new, at: extended, after: nil)
    }

    /// Appends to a conversation that does not exist.
    private func appendToNew(_ new: NewMessages, tenant: String, now: Timestamp) throws -> AppendResult {
        guard new.condition.createsConversation else {
            throw ChatStorageError(
                .conversationNotFound, "the conversation to append to does not exist")
        }
        let (first, count) = (new.condition.firstValues, Int64(new.messages.count))
        let conversation = Conversation(
            id: new.conversationID, title: first?.title, createdAt: now, updatedAt: now, lastSequence: count,
            readThrough: new.marksRead ? count : 0, labels: first?.labels ?? [],
            metadata: first?.metadata ?? Metadata(), head: new.movesHead ? nil : 0)
        let key = try insert(conversation, tenant: tenant)
        return try store(new, at: ConversationTable.Place(conversation, key: key), after: nil)
    }

    /// Appends where the short way cannot: not at the end, or to a conversation whose head is not its newest message.
    ///
    /// If nothing can be appended, it finds out why.
    private func appendToTree(_ new: NewMessages, tenant: String, now: Timestamp) throws -> AppendResult {
        let id = new.conversationID
        guard let tree = try ConversationTree(of: id, tenant: tenant, in: self) else {
            if new.condition.createsConversation, new.place != .head, new.place != .after(0) {
                throw Self.placeNotFound
            }
            return try appendToNew(new, tenant: tenant, now: now)
        }
        let newest = try tree.newest()
        guard newest <= tree.version.lastSequence else {
            throw ChatStorageError(.damaged, "a conversation's last sequence is below its messages'")
        }
        let predecessor = try tree.predecessor(at: new.place, newest: newest)
        if let version = new.condition.expectedVersion, version != tree.version {
            throw ChatStorageError(
                .conflict,
                "the conversation changed since it was read: made anew, appended to, cleared or given another head")
        }
        let head = new.movesHead ? nil : tree.head ?? newest
        let parent = predecessor == newest ? nil : predecessor
        let isBranched = try head != nil || parent != nil || tree.hasJumps()
        guard
            let place = try conversationTable.extend(
                tree, by: new, at: now, head: head, isBranched: isBranched)
        else { throw Self.rowIgnored }
        return try store(new, at: place, after: parent)
    }

    static let placeNotFound = ChatStorageError(
        .messageNotFound, "the message to follow or replace does not exist")

    /// Stores the messages of an append that has taken their sequences.
    ///
    /// - Parameter parent: The message that the first of them follows, if that is not the newest.
    private func store(
        _ new: NewMessages, at place: ConversationTable.Place, after parent: Int64?
    ) throws -> AppendResult {
        let id = new.conversationID
        let count = Int64(new.messages.count)
        guard place.lastSequence >= count else {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is negative")
        }
        try moveLabels(of: place)
        let first = place.lastSequence - count + 1
        let stored = new.messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: first + Int64(index), body: message, createdAt: place.updatedAt,
                predecessor: index == 0 ? parent : nil, writing: new.writing(at: index))
        }
        for message in stored { try insert(message, in: place.key) }
        return AppendResult(messages: stored, version: place.version)
    }

    /// Stores a message in the conversation of a key.
    func insert(_ message: Message, in key: Int64) throws {
        try messageTable.insert(message, in: key)
        guard changedRows == 1 else { throw Self.rowIgnored }
    }

    func revise(_ revision: MessageRevision, tenant: String) throws -> Message {
        var budget = readBudget
        let message = try messageTable.ofSequence(
            revision.sequence, tenant: tenant, of: revision.conversationID, &budget)
        switch try revision.applied(to: message, at: .now()) {
        case .made(let message): return message
        case .changed(let message):
            guard try messageTable.update(message, by: revision, tenant: tenant) else { throw Self.rowIgnored }
            return message
        }
    }

    /// Moves the rows of a conversation's labels to its place in the list.
    func moveLabels(of place: ConversationTable.Place) throws {
        if place.hasLabels { try labelTable.move(place.key, to: place.updatedAt) }
    }

    /// The messages that an append stored before, if it repeats one.
    private func repeated(_ new: NewMessages, tenant: String) throws -> [Message]? {
        var budget = readBudget
        let found = try new.messages.compactMap(\.key).compactMap { key in
            try messageTable.ofKey(key, tenant: tenant, of: new.conversationID, &budget)
        }
        return found.isEmpty ? nil : try RepeatedAppend.messages(for: new, found: found)
    }
}
