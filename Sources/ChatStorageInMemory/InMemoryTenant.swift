public import ChatStorageCore

/// One tenant's conversations in an ``InMemoryBackend``.
public struct InMemoryTenant: ChatStorage {
    let store: InMemoryStore
    let tenant: InMemoryStore.Tenant

    /// Creates a conversation.
    @discardableResult
    public func createConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await store.write(tenant, checking: { try Validation.check(id, title: title) }) { conversations, now in
            try conversations.create(id, title: title, now: now)
        }
    }

    /// Reads a conversation.
    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await store.read(tenant, checking: { try Validation.check(id) }) { $0.conversation(id) }
    }

    /// Reads a conversation, and creates it if it does not exist.
    @discardableResult
    public func getOrCreateConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await store.write(tenant, checking: { try Validation.check(id, title: title) }) { conversations, now in
            try conversations.conversation(id) ?? conversations.create(id, title: title, now: now)
        }
    }

    /// Gives a conversation another title, or none.
    @discardableResult
    public func updateTitle(of id: ConversationID, to title: String?) async throws -> Conversation? {
        try await store.write(tenant, checking: { try Validation.check(id, title: title) }) { conversations, now in
            conversations.updateTitle(of: id, to: title, now: now)
        }
    }

    /// Deletes a conversation and all its messages.
    @discardableResult
    public func deleteConversation(_ id: ConversationID) async throws -> Bool {
        // The record leaves the closure, so that a long conversation is freed outside the lock.
        try await store.write(tenant, checking: { try Validation.check(id) }) { conversations, _ in
            conversations.remove(id)
        } != nil
    }

    /// Reads a page of the conversations, most recently updated first.
    public func conversations(after cursor: ConversationCursor?, limit: Int) async throws -> ConversationPage {
        let check = {
            try Validation.check(limit: limit)
            _ = try cursor?.position(tenant: tenant.name)
        }
        return try await store.read(tenant, checking: check) {
            let position = try cursor?.position(tenant: tenant.name)
            let rows = $0.conversations(after: position, limit: limit == .max ? limit : limit + 1)
            return ConversationPage(rows, limit: limit, tenant: tenant.name)
        }
    }

    /// Appends messages to the end of a conversation, in order, all or none.
    @discardableResult
    public func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition
    ) async throws -> [Message] {
        let check = { try Validation.check(append: messages, to: id) }
        return try await store.write(tenant, checking: check) { conversations, now in
            try conversations.append(messages, to: id, if: condition, now: now)
        }
    }

    /// Reads a page of a conversation's messages, lowest sequence first.
    public func messages(
        of id: ConversationID, _ position: MessagePosition, limit: Int
    ) async throws -> [Message] {
        let check = {
            try Validation.check(id)
            try Validation.check(limit: limit)
        }
        return try await store.read(tenant, checking: check) {
            $0.messages(of: id, position, limit: limit)
        }
    }

    /// Removes all messages of a conversation and keeps the conversation.
    @discardableResult
    public func clearMessages(of id: ConversationID) async throws -> Int {
        try await store.write(tenant, checking: { try Validation.check(id) }) { conversations, now in
            conversations.clearMessages(of: id, now: now)
        }.count
    }

    /// Stores a conversation exactly as it was elsewhere.
    @discardableResult
    public func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        let check = { try Validation.check(snapshot, roles: Role.standard) }
        return try await store.write(tenant, checking: check) { conversations, _ in
            try conversations.restore(snapshot)
        }
    }
}
