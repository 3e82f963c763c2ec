import ChatStorageCore

/// What a tenant's calls do to messages, in the caller's transaction.
extension Database {
    func append(_ new: NewMessages, tenant: String) throws -> AppendResult {
        let id = new.conversationID
        if let repeated = try repeated(new, tenant: tenant) {
            return AppendResult(messages: repeated, version: try conversation(tenant: tenant, id)?.version)
        }
        let now = Timestamp.now()
        if new.place == .head, new.movesHead, new.condition.expectedVersion?.head == nil,
            let place = try conversationTable.extend(tenant: tenant, by: new, at: now)
        {
            return try store(new, at: place, after: nil, tenant: tenant, now: now)
        }
        return try appendToTree(new, tenant: tenant, now: now)
    }

    /// Appends where the short way cannot: to another place than the end, or to a conversation whose head is not its
    /// newest message; or finds out why nothing can be appended.
    private func appendToTree(_ new: NewMessages, tenant: String, now: Timestamp) throws -> AppendResult {
        let id = new.conversationID
        guard let tree = try ConversationTree(of: id, tenant: tenant, in: self) else {
            guard new.condition.createsConversation else {
                throw ChatStorageError(
                    .conversationNotFound, "the conversation that was to be appended to does not exist")
            }
            guard new.place == .head || new.place == .after(0) else { throw Self.placeNotFound }
            let first = new.condition.firstValues
            try insert(
                Conversation(
                    id: id, title: first?.title, createdAt: now, updatedAt: now, lastSequence: 0,
                    labels: first?.labels ?? [], metadata: first?.metadata ?? Metadata()),
                tenant: tenant)
            return try appendToTree(new, tenant: tenant, now: now)
        }
        let newest = try tree.newest()
        guard newest <= tree.version.lastSequence else {
            throw ChatStorageError(.damaged, "a conversation's last sequence is below its messages'")
        }
        let predecessor = try tree.predecessor(at: new.place, newest: newest)
        if let version = new.condition.expectedVersion, version != tree.version {
            throw ChatStorageError(
                .conflict,
                "the conversation is not the one that was read, was appended to or cleared since, or has another head")
        }
        let head = new.movesHead ? nil : tree.head ?? newest
        let parent = predecessor == newest ? nil : predecessor
        let isBranched = try head != nil || parent != nil || tree.hasJumps()
        guard
            let place = try conversationTable.extend(
                tree, by: new, at: now, head: head, isBranched: isBranched)
        else { throw Self.rowIgnored }
        return try store(new, at: place, after: parent, tenant: tenant, now: now)
    }

    static let placeNotFound = ChatStorageError(
        .messageNotFound, "the message that was to be followed or replaced does not exist")

    /// Stores the messages of an append that has taken their sequences.
    ///
    /// - Parameter parent: The message that the first of them follows where that is not the newest.
    private func store(
        _ new: NewMessages, at place: ConversationTable.Place, after parent: Int64?, tenant: String, now: Timestamp
    ) throws -> AppendResult {
        let id = new.conversationID
        let count = Int64(new.messages.count)
        guard place.lastSequence >= count else {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is negative")
        }
        if place.createdAt == now, place.lastSequence == count {
            // It is new, or was created in the same microsecond, and then has no messages either.
            try removeOrphans(of: place.key)
            if place.hasLabels, let conversation = try conversation(tenant: tenant, id) {
                try labelTable.insert(conversation, tenant: tenant, key: place.key)
            }
        } else {
            try moveLabels(of: place)
        }
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
