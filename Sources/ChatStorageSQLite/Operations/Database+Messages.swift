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
        let place: (lastSequence: Int64, updatedAt: Timestamp)? = try run(query) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            try statement.bind(Int64(messages.count), at: 3)
            try statement.bind(.now(), at: 4)
            if case .unchanged(let version) = condition {
                try statement.bind(version.createdAt, at: 5)
                try statement.bind(version.lastSequence, at: 6)
            }
            guard try statement.step() else { return nil }
            let place = (statement.int64(0), try statement.timestamp(1))
            // Only the step after the last row ends the statement (https://www.sqlite.org/lang_returning.html).
            _ = try statement.step()
            return place
        }
        guard let place else {
            if case .unchanged = condition, try conversation(tenant: tenant, id) != nil {
                throw ChatStorageError(
                    .conflict, "the conversation is not the one that was read, or was appended to since")
            }
            throw ChatStorageError(.conversationNotFound, "the conversation that was to be appended to does not exist")
        }
        guard place.lastSequence >= messages.count else {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is negative")
        }
        let before = place.lastSequence - Int64(messages.count)
        let stored = messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: before + Int64(index) + 1, role: message.role, content: message.content,
                createdAt: place.updatedAt, key: message.key)
        }
        for message in stored { try insert(message, tenant: tenant) }
        return stored
    }

    func insert(_ message: Message, tenant: String) throws {
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
        guard changedRows > 0 else { return 0 }
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
