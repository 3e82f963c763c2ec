import ChatStorageCore

/// What a tenant's calls do to conversations, in a transaction of the caller's.
extension Database {
    func conversation(tenant: String, _ id: ConversationID) throws -> Conversation? {
        try conversationTable.find(tenant: tenant, id)
    }

    func createConversation(_ new: NewConversation, tenant: String) throws -> Conversation {
        if new.ifExists == .keep, let existing = try conversation(tenant: tenant, new.id) { return existing }
        let now = Timestamp.now()
        let conversation = Conversation(
            id: new.id, title: new.title, createdAt: now, updatedAt: now, lastSequence: 0)
        _ = try insert(conversation, tenant: tenant)
        return conversation
    }

    func updateTitle(of id: ConversationID, to title: String?, tenant: String) throws -> Conversation? {
        let updated = try conversationTable.updateTitle(tenant: tenant, of: id, to: title, at: .now())
        if updated == nil { try refuseIgnoredRow(tenant: tenant, id) }
        return updated
    }

    func deleteConversation(tenant: String, _ id: ConversationID) throws -> Bool {
        guard let key = try conversationTable.delete(tenant: tenant, id) else {
            try refuseIgnoredRow(tenant: tenant, id)
            return false
        }
        try refuseMessagesLeft(of: key)
        return true
    }

    func restore(_ snapshot: ConversationSnapshot, tenant: String) throws -> Conversation {
        let conversation = snapshot.conversation
        let key = try insert(conversation, tenant: tenant)
        for message in snapshot.messages { try insert(snapshot.stored(message), in: key) }
        return conversation
    }

    /// Reads conversations in the order of the list.
    ///
    /// First come those updated at the same time as the start, with a higher id, then the older ones. Each part is one
    /// range of the index.
    func conversations(
        tenant: String, after start: (updatedAt: Timestamp, id: ConversationID)?, limit: Int
    ) throws -> [Conversation] {
        guard let start else { return try conversationTable.older(tenant: tenant, than: nil, limit: limit) }
        let tied = try conversationTable.tied(tenant: tenant, at: start.updatedAt, after: start.id, limit: limit)
        guard tied.count < limit else { return tied }
        return try tied + conversationTable.older(tenant: tenant, than: start.updatedAt, limit: limit - tied.count)
    }

    /// Stores a new conversation, which has no messages yet.
    ///
    /// - Returns: Its key.
    /// - Throws: ``ChatStorageError`` with the code `conversationExists` if there is one of its id.
    private func insert(_ conversation: Conversation, tenant: String) throws -> Int64 {
        guard let key = try conversationTable.insert(conversation, tenant: tenant) else {
            guard try self.conversation(tenant: tenant, conversation.id) != nil else { throw Self.rowIgnored }
            throw Self.conversationExists
        }
        try removeOrphans(of: key)
        return key
    }

    private static let conversationExists = ChatStorageError(.conversationExists, "a conversation of this id exists")
}
