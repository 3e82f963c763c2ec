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
                .conflict,
                "the conversation is not the one that was read, was appended to since, or was cleared")
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
        if let lookup = query.lookup { return try snapshot { try messages(lookup, of: id, tenant: tenant) } }
        if let bound = query.position.lowerBound {
            return try messageTable.after(bound, tenant: tenant, of: id, limit: limit)
        }
        // No sequence is as high as Int64.max: restoring stops at 2⁵³ - 1.
        let bound = query.position.upperBound ?? .max
        var page = try messageTable.before(bound, tenant: tenant, of: id, limit: limit)
        page.reverse()
        return page
    }

    private func messages(
        _ lookup: MessageQuery.Lookup, of id: ConversationID, tenant: String
    ) throws -> [Message] {
        var budget = readBudget
        switch lookup {
        case .sequences(let sequences):
            return try Set(sequences).sorted().compactMap { sequence in
                try budget.takeRow()
                return try messageTable.ofSequence(sequence, tenant: tenant, of: id, &budget)
            }
        case .keys(let keys):
            var found: [Int64: Message] = [:]
            for key in keys {
                try budget.takeRow()
                guard let message = try messageTable.ofKey(key, tenant: tenant, of: id, &budget) else { continue }
                found[message.sequence] = message
            }
            return found.values.sorted { $0.sequence < $1.sequence }
        }
    }

    func revise(_ revision: MessageRevision, tenant: String) throws -> Message {
        let (id, sequence) = (revision.conversationID, revision.sequence)
        var budget = readBudget
        guard let message = try messageTable.ofSequence(sequence, tenant: tenant, of: id, &budget) else {
            throw ChatStorageError(.messageNotFound, "the message that was to be changed does not exist")
        }
        var body = message.body
        body.metadata = try revision.metadata.applied(to: body.metadata)
        guard try messageTable.updateMetadata(body.metadata, of: message, tenant: tenant) else {
            throw Self.rowIgnored
        }
        return Message(conversationID: id, sequence: sequence, body: body, createdAt: message.createdAt)
    }

    func clearMessages(of id: ConversationID, tenant: String) throws -> Int {
        guard let place = try conversationTable.clear(tenant: tenant, id, at: .now()) else {
            try refuseIgnoredRow(tenant: tenant, id)
            return 0
        }
        try moveLabels(of: place)
        let removed = try messageTable.delete(of: place.key)
        try refuseMessagesLeft(of: place.key)
        return removed
    }

    /// Gives the rows of a conversation's labels the place in the list that it has now.
    private func moveLabels(of place: ConversationTable.Place) throws {
        if place.hasLabels { try labelTable.move(place.key, to: place.updatedAt) }
    }

    /// The messages that an append stored before, if it repeats one.
    private func repeated(_ new: NewMessages, tenant: String) throws -> [Message]? {
        var budget = readBudget
        let found = try new.messages.compactMap(\.key).compactMap { key in
            try messageTable.ofKey(key, tenant: tenant, of: new.conversationID, &budget)
        }
        return found.isEmpty ? nil : try RepeatedAppend.messages(for: new.messages, found: found)
    }
}
