import ChatStorageCore

extension Database {
    func append(
        _ messages: [ChatMessage], tenant: String, to id: ConversationID, if condition: AppendCondition
    ) throws -> [Message] {
        let query: Query =
            switch condition {
            case .createIfMissing: .createForAppend
            case .exists: .touchForAppend
            }
        let place: (lastSequence: Int64, updatedAt: Timestamp)? = try run(query) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            try statement.bind(Int64(messages.count), at: 3)
            try statement.bind(.now(), at: 4)
            guard try statement.step() else { return nil }
            let place = (statement.int64(0), try statement.timestamp(1))
            // Only the step after the last row ends the statement (https://www.sqlite.org/lang_returning.html).
            _ = try statement.step()
            return place
        }
        guard let place else {
            throw ChatStorageError(.conversationNotFound, "the conversation that was to be appended to does not exist")
        }
        guard place.lastSequence >= messages.count else {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is negative")
        }
        let before = place.lastSequence - Int64(messages.count)
        let stored = messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: before + Int64(index) + 1, role: message.role, content: message.content,
                createdAt: place.updatedAt)
        }
        for message in stored { try insert(message, tenant: tenant) }
        return stored
    }

    func insert(_ message: Message, tenant: String) throws {
        try run(.insertMessage) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(message.conversationID.rawValue, at: 2)
            try statement.bind(message.sequence, at: 3)
            try statement.bind(message.role.rawValue, at: 4)
            try statement.bind(message.content, at: 5)
            try statement.bind(message.createdAt, at: 6)
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
                let message = Message(
                    conversationID: id, sequence: statement.int64(0), role: Role(rawValue: try statement.text(1)),
                    content: try statement.text(2), createdAt: try statement.timestamp(3))
                guard message.sequence >= 1 else {
                    throw ChatStorageError(.damaged, "a stored message's sequence is not positive")
                }
                messages.append(message)
                bytes += message.content.utf8.count
                guard bytes <= textBudget else { throw TextBudgetExceeded() }
            }
            return messages
        }
    }
}
