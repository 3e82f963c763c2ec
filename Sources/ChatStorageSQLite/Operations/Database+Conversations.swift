import ChatStorageCore

extension Database {
    func conversation(tenant: String, _ id: ConversationID) throws -> Conversation? {
        try run(.readConversation) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            return try statement.step() ? statement.conversation() : nil
        }
    }

    func createConversation(tenant: String, _ id: ConversationID, title: String?) throws -> Conversation {
        let now = Timestamp.now()
        let new = Conversation(id: id, title: title, createdAt: now, updatedAt: now, lastSequence: 0)
        try insert(new, tenant: tenant)
        return new
    }

    func getOrCreateConversation(tenant: String, _ id: ConversationID, title: String?) throws -> Conversation {
        try conversation(tenant: tenant, id) ?? createConversation(tenant: tenant, id, title: title)
    }

    func updateTitle(tenant: String, of id: ConversationID, to title: String?) throws -> Conversation? {
        let updated: Conversation? = try run(.retitleConversation) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            try statement.bind(title, at: 3)
            try statement.bind(.now(), at: 4)
            guard try statement.step() else { return nil }
            let conversation = try statement.conversation()
            _ = try statement.step()
            return conversation
        }
        if updated == nil { try refuseIgnoredRow(tenant: tenant, id) }
        return updated
    }

    func deleteConversation(tenant: String, _ id: ConversationID) throws -> Bool {
        try run(.deleteConversation) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            _ = try statement.step()
        }
        if changedRows > 0 {
            try refuseMessagesLeft(tenant: tenant, of: id)
            return true
        }
        try refuseIgnoredRow(tenant: tenant, id)
        try removeOrphans(tenant: tenant, of: id)
        return false
    }

    /// How many tenants have conversations, not counting one of them.
    func tenantCount(besides tenant: String) throws -> Int {
        try run(.otherTenants) { statement in
            try statement.bind(tenant, at: 1)
            return try statement.step() ? Int(statement.int64(0)) : 0
        }
    }

    func restore(_ snapshot: ConversationSnapshot, tenant: String) throws -> Conversation {
        let conversation = snapshot.conversation
        try insert(conversation, tenant: tenant)
        for message in snapshot.messages {
            let message = Message(
                conversationID: snapshot.id, sequence: message.sequence, role: message.role,
                content: message.content, createdAt: message.createdAt, key: message.key)
            try insert(message, tenant: tenant)
        }
        return conversation
    }

    /// Reads conversations in the order of the list.
    ///
    /// Those updated at the same time as the start and of a higher id come first, then the older ones; each is one
    /// range of the index.
    func conversations(
        tenant: String, after start: (updatedAt: Timestamp, id: ConversationID)?, limit: Int
    ) throws -> [Conversation] {
        var conversations: [Conversation] = []
        if let start {
            try run(.tiedConversations) { statement in
                try statement.bind(tenant, at: 1)
                try statement.bind(start.updatedAt, at: 2)
                try statement.bind(start.id.rawValue, at: 3)
                try statement.bind(Int64(limit), at: 4)
                while try statement.step() { conversations.append(try statement.conversation()) }
            }
        }
        guard conversations.count < limit else { return conversations }
        try run(.olderConversations) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(start?.updatedAt.microsecondsSinceEpoch ?? .max, at: 2)
            try statement.bind(Int64(limit - conversations.count), at: 3)
            while try statement.step() { conversations.append(try statement.conversation()) }
        }
        return conversations
    }

    /// Stores a new conversation, which has no messages yet.
    ///
    /// - Throws: ``ChatStorageError`` with the code `conversationExists` if there is one of its id.
    private func insert(_ conversation: Conversation, tenant: String) throws {
        try run(.createConversation) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(conversation.id.rawValue, at: 2)
            try statement.bind(conversation.title, at: 3)
            try statement.bind(conversation.createdAt, at: 4)
            try statement.bind(conversation.updatedAt, at: 5)
            try statement.bind(conversation.lastSequence, at: 6)
            _ = try statement.step()
        }
        guard changedRows > 0 else {
            guard try self.conversation(tenant: tenant, conversation.id) != nil else { throw Self.rowIgnored }
            throw Self.conversationExists
        }
        try removeOrphans(tenant: tenant, of: conversation.id)
    }

    private static let conversationExists = ChatStorageError(.conversationExists, "a conversation of this id exists")
}

extension Statement {
    /// The conversation in the columns that every query of conversations has.
    fileprivate func conversation() throws -> Conversation {
        let conversation = Conversation(
            id: ConversationID(try text(0)), title: try optionalText(1), createdAt: try timestamp(2),
            updatedAt: try timestamp(3), lastSequence: int64(4))
        guard conversation.lastSequence >= 0 else {
            throw ChatStorageError(.damaged, "a stored conversation's last sequence is negative")
        }
        return conversation
    }
}
