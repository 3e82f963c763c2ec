import ChatStorageCore

/// What a tenant's calls do to messages, in a transaction of the caller's.
extension Database {
    func append(
        _ messages: [ChatMessage], tenant: String, to id: ConversationID, if condition: AppendCondition
    ) throws -> [Message] {
        if let repeated = try repeated(messages, tenant: tenant, of: id) { return repeated }
        let now = Timestamp.now()
        let table = conversationTable
        guard let place = try table.extend(tenant: tenant, id, by: messages.count, if: condition, at: now) else {
            throw try refusal(of: condition, tenant: tenant, id)
        }
        guard place.lastSequence >= messages.count else {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is negative")
        }
        if place.createdAt == now, place.lastSequence == messages.count { try removeOrphans(of: place.key) }
        let before = place.lastSequence - Int64(messages.count)
        let stored = messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: before + Int64(index) + 1, role: message.role, content: message.content,
                createdAt: place.updatedAt, key: message.key)
        }
        for message in stored { try insert(message, in: place.key) }
        return stored
    }

    /// Why an append found no conversation that it may change.
    private func refusal(
        of condition: AppendCondition, tenant: String, _ id: ConversationID
    ) throws -> ChatStorageError {
        guard let existing = try conversation(tenant: tenant, id) else {
            guard condition != .createIfMissing else { return Self.rowIgnored }
            return ChatStorageError(
                .conversationNotFound, "the conversation that was to be appended to does not exist")
        }
        if case .unchanged(let version) = condition, version != existing.version {
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

    func messages(
        tenant: String, of id: ConversationID, _ position: MessagePosition, limit: Int
    ) throws -> [Message] {
        switch position {
        // No sequence is as high as Int64.max: restoring stops at 2⁵³ - 1.
        case .end: try messageTable.before(.max, tenant: tenant, of: id, limit: limit).reversed()
        case .before(let sequence):
            try messageTable.before(sequence, tenant: tenant, of: id, limit: limit).reversed()
        case .after(let sequence): try messageTable.after(sequence, tenant: tenant, of: id, limit: limit)
        }
    }

    func clearMessages(tenant: String, of id: ConversationID) throws -> Int {
        guard let key = try conversationTable.clear(tenant: tenant, id, at: .now()) else {
            try refuseIgnoredRow(tenant: tenant, id)
            return 0
        }
        let removed = try messageTable.delete(of: key)
        try refuseMessagesLeft(of: key)
        return removed
    }

    /// The messages that an append stored before, if it repeats one.
    private func repeated(
        _ messages: [ChatMessage], tenant: String, of id: ConversationID
    ) throws -> [Message]? {
        let found = try messages.compactMap(\.key).compactMap { key in
            try messageTable.ofKey(key, tenant: tenant, of: id)
        }
        guard !found.isEmpty else { return nil }
        return try RepeatedAppend.messages(for: messages, found: found) { range in
            try self.messages(tenant: tenant, of: id, .after(range.lowerBound - 1), limit: messages.count)
        }
    }
}
