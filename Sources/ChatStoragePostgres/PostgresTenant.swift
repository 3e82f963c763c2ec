public import ChatStorageCore

/// One tenant's conversations in a ``PostgresBackend``.
public struct PostgresTenant: ChatStorage {
    private let store: PostgresStore
    private let name: String
    private let isDefault: Bool

    /// Makes the handle on a tenant.
    ///
    /// - Parameter name: The tenant's name; nil is the default tenant.
    init(store: PostgresStore, name: String?) {
        self.store = store
        self.name = name ?? ""
        isDefault = name == nil
    }

    /// Creates a conversation.
    @discardableResult
    public func createConversation(_ new: NewConversation) async throws -> Conversation {
        try await measured(.createConversation, new.id) { try await $0.createConversation(new) }
    }

    /// Reads a conversation.
    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await measured(.conversation, id) { try await $0.conversation(id) }
    }

    /// Changes a conversation.
    @discardableResult
    public func updateConversation(
        _ id: ConversationID, _ change: ConversationChange
    ) async throws -> Conversation? {
        try await measured(.updateConversation, id) { try await $0.updateConversation(id, change) }
    }

    /// Deletes a conversation and all its messages.
    @discardableResult
    public func deleteConversation(_ deletion: ConversationDeletion) async throws -> Bool {
        try await measured(.deleteConversation, deletion.id) { try await $0.deleteConversation(deletion) }
    }

    /// Reads a page of the conversations, most recently updated first.
    public func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        try await measured(.conversations) { try await $0.conversations(query) }
    }

    /// Appends messages to a conversation, in order, all or none.
    @discardableResult
    public func append(_ new: NewMessages) async throws -> AppendResult {
        try await measured(.append, new.conversationID) { try await $0.append(new) }
    }

    /// Changes a stored message.
    @discardableResult
    public func reviseMessage(_ revision: MessageRevision) async throws -> Message {
        try await measured(.reviseMessage, revision.conversationID) { try await $0.reviseMessage(revision) }
    }

    /// Reads a page of a conversation's messages, lowest sequence first.
    public func messages(_ query: MessageQuery) async throws -> MessagePage {
        try await measured(.messages, query.conversationID) { try await $0.messages(query) }
    }

    /// Reads where a conversation has branched.
    public func forks(of id: ConversationID) async throws -> [Fork] {
        try await measured(.forks, id) { try await $0.forks(of: id) }
    }

    /// Removes messages of a conversation and keeps the conversation.
    @discardableResult
    public func removeMessages(_ removal: MessageRemoval) async throws -> Int {
        try await measured(.removeMessages, removal.conversationID) { try await $0.removeMessages(removal) }
    }

    /// The answers that are being written through the store.
    public var endingAnswers: EndingAnswers { store.endingAnswers }

    /// Stores a conversation exactly as it was elsewhere.
    @discardableResult
    public func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        try await measured(.restoreConversation, snapshot.id) { try await $0.restoreConversation(snapshot) }
    }

    // Inlined: a task looks for its executor at each asynchronous call and return.
    @inline(__always)
    private func measured<Result>(
        _ operation: StorageOperation, _ id: ConversationID? = nil, _ body: (TenantCall) async throws -> Result
    ) async throws -> Result {
        try await CallMeter.measure(store.observer, operation, tenant: isDefault ? nil : name, id) { meter in
            try await body(TenantCall(store: store, name: name, isDefault: isDefault, meter: meter))
        }
    }
}
