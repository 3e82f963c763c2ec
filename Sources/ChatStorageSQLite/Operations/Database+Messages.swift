import ChatStorageCore

extension Database {
    func append(
        _ messages: [ChatMessage], tenant: String, to id: ConversationID, if condition: AppendCondition
    ) throws -> [Message] {
        if let repeated = try repeated(messages, tenant: tenant, of: id) { return repeated }
        let query: Query =
            switch condition {
            case .createIfMissing: .createForAppend
            case .exists: .touchForAppend
            case .unchanged: .touchUnchangedForAppend
            }
        let now = Timestamp.now()
        let place: (lastSequence: Int64, updatedAt: Timestamp, isNew: Bool)? = try run(query) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            try statement.bind(Int64(messages.count), at: 3)
            try statement.bind(now, at: 4)
            if case .unchanged(let version) = condition {
                try statement.bind(version.createdAt, at: 5)
                try statement.bind(version.lastSequence, at: 6)
            }
            guard try statement.step() else { return nil }
            let isNew = query == .createForAppend && statement.int64(2) == now.microsecondsSinceEpoch
            let place = (statement.int64(0), try statement.timestamp(1), isNew)
            // Only the step after the last row ends the statement (https://www.sqlite.org/lang_returning.html).
            _ = try statement.step()
            return place
        }
        guard let place else { throw try refusal(of: condition, tenant: tenant, id) }
        guard place.lastSequence >= messages.count else {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is negative")
        }
        if place.isNew, place.lastSequence == messages.count { try removeOrphans(tenant: tenant, of: id) }
        let before = place.lastSequence - Int64(messages.count)
        let stored = messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: before + Int64(index) + 1, role: message.role, content: message.content,
                createdAt: place.updatedAt, key: message.key)
        }
        for message in stored { try insert(message, tenant: tenant) }
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

    func insert(_ message: Message, tenant: String) throws {
        do {
            try run(message.key == nil ? .insertMessage : .insertKeyedMessage) { statement in
                try statement.bind(tenant, at: 1)
                try statement.bind(message.conversationID.rawValue, at: 2)
                try statement.bind(message.sequence, at: 3)
                try statement.bind(message.role.rawValue, at: 4)
                try statement.bind(message.content, at: 5)
                try statement.bind(message.createdAt, at: 6)
                if let key = message.key { try statement.bind(key, at: 7) }
                _ = try statement.step()
            }
        } catch let failure as SQLiteFailure where failure.isBrokenKey {
            // The library's own key, or the key of a table that a user's trigger writes to.
            let after = MessagePosition.after(message.sequence - 1)
            let there = try messages(tenant: tenant, of: message.conversationID, after, limit: 1).first
            guard there?.sequence == message.sequence else { throw failure }
            throw ChatStorageError(
                .damaged, "a conversation's last sequence is below its messages'", cause: failure.error.cause)
        }
        guard changedRows == 1 else { throw Self.rowIgnored }
    }

    func messages(
        tenant: String, of id: ConversationID, _ position: MessagePosition, limit: Int
    ) throws -> [Message] {
        switch position {
        // No sequence is as high as Int64.max: restoring stops at 2⁵³ - 1.
        case .end: try messages(.messagesBefore, tenant: tenant, of: id, .max, limit: limit).reversed()
        case .before(let sequence):
            try messages(.messagesBefore, tenant: tenant, of: id, sequence, limit: limit).reversed()
        case .after(let sequence): try messages(.messagesAfter, tenant: tenant, of: id, sequence, limit: limit)
        }
    }

    func clearMessages(tenant: String, of id: ConversationID) throws -> Int {
        try run(.touchForClear) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            try statement.bind(.now(), at: 3)
            _ = try statement.step()
        }
        guard changedRows > 0 else {
            try refuseIgnoredRow(tenant: tenant, id)
            return 0
        }
        let removed = try deleteMessages(tenant: tenant, of: id)
        try refuseMessagesLeft(tenant: tenant, of: id)
        return removed
    }

    func deleteMessages(tenant: String, of id: ConversationID) throws -> Int {
        try run(.deleteMessages) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            _ = try statement.step()
        }
        return changedRows
    }

    /// The messages that an append stored before, if it repeats one.
    private func repeated(
        _ messages: [ChatMessage], tenant: String, of id: ConversationID
    ) throws -> [Message]? {
        var found: [Message] = []
        for key in messages.lazy.compactMap(\.key) {
            try run(.messageOfKey) { statement in
                try statement.bind(tenant, at: 1)
                try statement.bind(id.rawValue, at: 2)
                try statement.bind(key, at: 3)
                if try statement.step() { found.append(try statement.message(of: id)) }
            }
        }
        guard !found.isEmpty else { return nil }
        return try RepeatedAppend.messages(for: messages, found: found) { range in
            try self.messages(
                tenant: tenant, of: id, .after(range.lowerBound - 1), limit: messages.count)
        }
    }

    private func messages(
        _ query: Query, tenant: String, of id: ConversationID, _ sequence: Int64, limit: Int
    ) throws -> [Message] {
        try run(query) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            try statement.bind(sequence, at: 3)
            try statement.bind(Int64(limit), at: 4)
            var messages: [Message] = []
            messages.reserveCapacity(min(limit, 32))
            var bytes = 0
            while try statement.step() {
                let message = try statement.message(of: id)
                messages.append(message)
                bytes += message.content.utf8.count
                guard bytes <= textBudget else { throw TextBudgetExceeded() }
            }
            return messages
        }
    }
}

extension Statement {
    /// The message in the columns that every query of messages has.
    fileprivate func message(of id: ConversationID) throws -> Message {
        let message = Message(
            conversationID: id, sequence: int64(0), role: try role(1), content: try text(2),
            createdAt: try timestamp(3), key: try optionalText(4))
        guard message.sequence >= 1 else {
            throw ChatStorageError(.damaged, "a stored message's sequence is not positive")
        }
        return message
    }
}
