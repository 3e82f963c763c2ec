import ChatStorageCore

/// What a tenant's calls do to messages, in a transaction of the caller's.
extension Database {
    func append(_ new: NewMessages, tenant: String) throws -> AppendResult {
        let id = new.conversationID
        if let repeated = try repeated(new, tenant: tenant) {
            return AppendResult(messages: repeated, version: try conversation(tenant: tenant, id)?.version)
        }
        let now = Timestamp.now()
        guard let place = try conversationTable.extend(tenant: tenant, by: new, at: now) else {
            throw try refusal(of: new, tenant: tenant)
        }
        let count = Int64(new.messages.count)
        guard place.lastSequence >= count else {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is negative")
        }
        if place.createdAt == now, place.lastSequence == count { try removeOrphans(of: place.key) }
        let first = place.lastSequence - count + 1
        let stored = new.messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: first + Int64(index), body: message, createdAt: place.updatedAt)
        }
        for message in stored { try insert(message, in: place.key) }
        return AppendResult(messages: stored, version: place.version)
    }

    /// Why an append found no conversation that it may change.
    private func refusal(of new: NewMessages, tenant: String) throws -> ChatStorageError {
        guard let existing = try conversation(tenant: tenant, new.conversationID) else {
            guard !new.condition.createsConversation else { return Self.rowIgnored }
            return ChatStorageError(
                .conversationNotFound, "the conversation that was to be appended to does not exist")
        }
        if let version = new.condition.expectedVersion, version != existing.version {
            return ChatStorageError(
                .conflict, "the conversation is not the one that was read, or was appended to since")
        }
        return Self.rowIgnored
    }

    /// Stores a message in the conversation of a key.
    func insert(_ message: Message, in key: Int64) throws {
        try messageTable.insert(message, in: key)
        guard changedRows == 1 else { throw Self.rowIgnored }
    }

    func messages(_ query: MessageQuery, tenant: String) throws -> [Message] {
        let (id, limit) = (query.conversationID, query.limit)
        if let bound = query.position.lowerBound {
            return try messageTable.after(bound, tenant: tenant, of: id, limit: limit)
        }
        // No sequence is as high as Int64.max: restoring stops at 2⁵³ - 1.
        let bound = query.position.upperBound ?? .max
        return try messageTable.before(bound, tenant: tenant, of: id, limit: limit).reversed()
    }

    func clearMessages(of id: ConversationID, tenant: String) throws -> Int {
        guard let key = try conversationTable.clear(tenant: tenant, id, at: .now()) else {
            try refuseIgnoredRow(tenant: tenant, id)
            return 0
        }
        let removed = try messageTable.delete(of: key)
        try refuseMessagesLeft(of: key)
        return removed
    }

    /// The messages that an append stored before, if it repeats one.
    private func repeated(_ new: NewMessages, tenant: String) throws -> [Message]? {
        let found = try new.messages.compactMap(\.key).compactMap { key in
            try messageTable.ofKey(key, tenant: tenant, of: new.conversationID)
        }
        return found.isEmpty ? nil : try RepeatedAppend.messages(for: new.messages, found: found)
    }
}
