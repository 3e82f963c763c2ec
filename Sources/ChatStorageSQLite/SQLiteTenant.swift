public import ChatStorageCore

/// One tenant's conversations in a ``SQLiteBackend``.
public struct SQLiteTenant: ChatStorage {
    /// Reads of at most this many rows run at once on the thread that asks; they take microseconds.
    private static let inlineRows = 200

    let store: SQLiteStore
    /// The name in its rows; empty for the default tenant alone.
    let name: String
    private let isDefault: Bool

    /// Makes the handle on a tenant.
    ///
    /// - Parameter name: The tenant's name; nil is the default tenant.
    init(store: SQLiteStore, name: String?) {
        self.store = store
        self.name = name ?? ""
        isDefault = name == nil
    }

    /// Creates a conversation.
    @discardableResult
    public func createConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await admit(writes: true) { try Validation.check(id, title: title) }
        return try await store.write { [name] database in
            try database.createConversation(tenant: name, id, title: title)
        }
    }

    /// Reads a conversation.
    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await admit { try Validation.check(id) }
        return try await store.read { [name] in try $0.conversation(tenant: name, id) }
    }

    /// Reads a conversation, and creates it if it does not exist.
    @discardableResult
    public func getOrCreateConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await admit(writes: true) { try Validation.check(id, title: title) }
        // Most often it exists, and reading waits for no writer.
        do {
            if let existing = try await store.read({ [name] in try $0.conversation(tenant: name, id) }) {
                return existing
            }
        } catch let error as ChatStorageError {
            throw error.beforeWriting
        }
        return try await store.write { [name] database in
            try database.getOrCreateConversation(tenant: name, id, title: title)
        }
    }

    /// Gives a conversation another title, or none.
    @discardableResult
    public func updateTitle(of id: ConversationID, to title: String?) async throws -> Conversation? {
        try await admit(writes: true) { try Validation.check(id, title: title) }
        return try await store.write { [name] in try $0.updateTitle(tenant: name, of: id, to: title) }
    }

    /// Deletes a conversation and all its messages.
    @discardableResult
    public func deleteConversation(_ id: ConversationID) async throws -> Bool {
        try await admit(writes: true) { try Validation.check(id) }
        return try await store.write { [name] in try $0.deleteConversation(tenant: name, id) }
    }

    /// Reads a page of the conversations, most recently updated first.
    public func conversations(after cursor: ConversationCursor?, limit: Int) async throws -> ConversationPage {
        try await admit {
            try Validation.check(limit: limit)
            _ = try cursor?.position(tenant: name)
        }
        guard limit > 0 else { return ConversationPage(items: [], next: nil) }
        let start = try cursor?.position(tenant: name)
        let rows = limit == .max ? limit : limit + 1
        let conversations = try await store.read(inline: limit <= Self.inlineRows) { [name] in
            try $0.conversations(tenant: name, after: start, limit: rows)
        }
        return ConversationPage(conversations, limit: limit, tenant: name)
    }

    /// Appends messages to the end of a conversation, in order, all or none.
    @discardableResult
    public func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition
    ) async throws -> [Message] {
        try await admit(writes: true) { try Validation.check(append: messages, to: id) }
        guard !messages.isEmpty else { return [] }
        let bytes = messages.reduce(0) { $0 + $1.content.utf8.count }
        return try await store.write(bytes: bytes) { [name] in
            try $0.append(messages, tenant: name, to: id, if: condition)
        }
    }

    /// Reads a page of a conversation's messages, lowest sequence first.
    public func messages(
        of id: ConversationID, _ position: MessagePosition, limit: Int
    ) async throws -> [Message] {
        try await admit {
            try Validation.check(id)
            try Validation.check(limit: limit)
        }
        guard limit > 0 else { return [] }
        return try await store.read(inline: limit <= Self.inlineRows) { [name] in
            try $0.messages(tenant: name, of: id, position, limit: limit)
        }
    }

    /// Removes all messages of a conversation and keeps the conversation.
    @discardableResult
    public func clearMessages(of id: ConversationID) async throws -> Int {
        try await admit(writes: true) { try Validation.check(id) }
        return try await store.write { [name] in try $0.clearMessages(tenant: name, of: id) }
    }

    /// Stores a conversation exactly as it was elsewhere.
    @discardableResult
    public func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        try await admit(writes: true) { try Validation.check(snapshot, roles: Role.standard) }
        let bytes = snapshot.messages.reduce(0) { $0 + $1.content.utf8.count }
        return try await store.write(bytes: bytes) { [name] in try $0.restore(snapshot, tenant: name) }
    }

    /// What every call begins with, in the order in which errors are told: closed, not prepared, wrong arguments.
    private func admit(writes: Bool = false, _ check: () throws -> Void) async throws {
        try Task.checkCancellation()
        do {
            try await store.awaitReady()
        } catch let error as ChatStorageError {
            throw writes ? error.beforeWriting : error
        }
        if !isDefault { try Validation.check(tenant: name) }
        try check()
    }
}
