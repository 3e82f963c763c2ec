public import ChatStorageCore

/// One tenant's conversations in an ``InMemoryBackend``.
public struct InMemoryTenant: ChatStorage {
    let store: InMemoryStore
    let tenant: InMemoryStore.Tenant

    /// Creates a conversation.
    @discardableResult
    public func createConversation(_ new: NewConversation) async throws -> Conversation {
        try await measured(.createConversation, new.id) { meter in
            try await store.write(tenant, meter, checking: { try Validation.check(new) }) { conversations, now in
                try conversations.create(new, now: now)
            }
        }
    }

    /// Reads a conversation.
    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await measured(.conversation, id) { meter in
            try await store.read(tenant, meter, checking: { try Validation.check(id) }) { $0.conversation(id) }
        }
    }

    /// Changes a conversation.
    @discardableResult
    public func updateConversation(
        _ id: ConversationID, _ change: ConversationChange
    ) async throws -> Conversation? {
        try await measured(.updateConversation, id) { meter in
            try await store.write(tenant, meter, checking: { try Validation.check(change, of: id) }) {
                conversations, now in
                try conversations.update(id, change, now: now)
            }
        }
    }

    /// Deletes a conversation and all its messages.
    @discardableResult
    public func deleteConversation(_ deletion: ConversationDeletion) async throws -> Bool {
        try await measured(.deleteConversation, deletion.id) { meter in
            // The record leaves the closure, so that a long conversation is freed outside the lock.
            try await store.write(tenant, meter, checking: { try Validation.check(deletion) }) { conversations, _ in
                conversations.remove(deletion)
            } != nil
        }
    }

    /// Reads a page of the conversations, most recently updated first.
    public func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        try await measured(.conversations) { meter in
            let check = { try Validation.check(query, tenant: tenant.name) }
            return try await store.read(tenant, meter, checking: check) {
                let position = try query.cursor?.position(tenant: tenant.name)
                return $0.conversations(query, after: position, tenant: tenant.name)
            }
        }
    }

    /// Appends messages to a conversation, in order, all or none.
    @discardableResult
    public func append(_ new: NewMessages) async throws -> AppendResult {
        try await measured(.append, new.conversationID) { meter in
            try await store.write(tenant, meter, checking: { try Validation.check(new, roles: store.roles) }) {
                conversations, now in
                try conversations.append(new, now: now)
            }
        }
    }

    /// Changes a stored message.
    @discardableResult
    public func reviseMessage(_ revision: MessageRevision) async throws -> Message {
        try await measured(.reviseMessage, revision.conversationID) { meter in
            try await store.write(tenant, meter, checking: { try Validation.check(revision) }) { conversations, now in
                try conversations.revise(revision, now: now)
            }
        }
    }

    /// Reads a page of a conversation's messages, lowest sequence first.
    public func messages(_ query: MessageQuery) async throws -> MessagePage {
        try await measured(.messages, query.conversationID) { meter in
            try await store.read(tenant, meter, checking: { try Validation.check(query) }) { try $0.messages(query) }
        }
    }

    /// Reads where a conversation has branched.
    public func forks(of id: ConversationID) async throws -> [Fork] {
        try await measured(.forks, id) { meter in
            try await store.read(tenant, meter, checking: { try Validation.check(id) }) { $0.forks(of: id) }
        }
    }

    /// Removes messages of a conversation and keeps the conversation.
    @discardableResult
    public func removeMessages(_ removal: MessageRemoval) async throws -> Int {
        try await measured(.removeMessages, removal.conversationID) { meter in
            // The messages leave the closure, so that many are freed outside the lock.
            try await store.write(tenant, meter, checking: { try Validation.check(removal) }) { conversations, now in
                conversations.remove(removal, now: now)
            }.count
        }
    }

    /// The answers that are being written through the store.
    public var endingAnswers: EndingAnswers { store.endingAnswers }

    /// Stores a conversation exactly as it was elsewhere.
    @discardableResult
    public func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        try await measured(.restoreConversation, snapshot.id) { meter in
            let check = { try Validation.check(snapshot, roles: store.roles) }
            return try await store.write(tenant, meter, checking: check) { conversations, _ in
                try conversations.restore(snapshot)
            }
        }
    }

    // Inlined, as what it calls is.
    @inline(__always)
    private func measured<Result>(
        _ operation: StorageOperation, _ id: ConversationID? = nil, _ body: (CallMeter?) async throws -> Result
    ) async throws -> Result {
        try await CallMeter.measure(store.observer, operation, tenant: tenant.observedName, id, body)
    }
}
