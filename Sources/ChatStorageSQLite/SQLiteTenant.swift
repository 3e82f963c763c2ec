public import ChatStorageCore

/// One tenant's conversations in a ``SQLiteBackend``.
public struct SQLiteTenant: ChatStorage {
    /// Reads of at most this many rows run at once on the caller's thread; they take microseconds.
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
    public func createConversation(_ new: NewConversation) async throws -> Conversation {
        try await measured(.createConversation, new.id) { meter in
            try await admit(writes: true) { try Validation.check(new) }
            // With `keep` the conversation mostly exists, and a read waits for no writer.
            if new.ifExists == .keep, let existing = try await existing(new.id, meter) { return existing }
            return try await store.write(for: meter) { [name] in try $0.createConversation(new, tenant: name) }
        }
    }

    /// Reads a conversation, for a call that creates it if it is missing.
    private func existing(_ id: ConversationID, _ meter: CallMeter?) async throws -> Conversation? {
        do {
            return try await store.read(for: meter) { [name] in try $0.conversation(tenant: name, id) }
        } catch let error as ChatStorageError {
            throw error.beforeWriting
        }
    }

    /// Reads a conversation.
    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await measured(.conversation, id) { meter in
            try await admit { try Validation.check(id) }
            return try await store.read(for: meter) { [name] in try $0.conversation(tenant: name, id) }
        }
    }

    /// Changes a conversation.
    @discardableResult
    public func updateConversation(
        _ id: ConversationID, _ change: ConversationChange
    ) async throws -> Conversation? {
        try await measured(.updateConversation, id) { meter in
            try await admit(writes: true) { try Validation.check(change, of: id) }
            if change.isEmpty {
                return try await store.read(for: meter) { [name] in try $0.conversation(tenant: name, id) }
            }
            return try await store.write(for: meter) { [name] in try $0.updateConversation(id, change, tenant: name) }
        }
    }

    /// Deletes a conversation and all its messages.
    @discardableResult
    public func deleteConversation(_ deletion: ConversationDeletion) async throws -> Bool {
        try await measured(.deleteConversation, deletion.id) { meter in
            try await admit(writes: true) { try Validation.check(deletion) }
            return try await store.write(for: meter) { [name] in try $0.deleteConversation(deletion, tenant: name) }
        }
    }

    /// Reads a page of the conversations, most recently updated first.
    public func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        try await measured(.conversations) { meter in
            try await admit { try Validation.check(query, tenant: name) }
            guard query.limit > 0 else { return ConversationPage(items: [], next: nil) }
            let start = try query.cursor?.position(tenant: name)
            return try await store.read(for: meter, inline: query.limit <= Self.inlineRows) { [name] in
                try $0.conversations(query, after: start, tenant: name)
            }
        }
    }

    /// Appends messages to a conversation, in order, all or none.
    @discardableResult
    public func append(_ new: NewMessages) async throws -> AppendResult {
        try await measured(.append, new.conversationID) { meter in
            try await admit(writes: true) { try Validation.check(new, roles: store.roles) }
            guard !new.messages.isEmpty else { return .nothing }
            let bytes = new.messages.reduce(0) { $0 + $1.storedBytes }
            return try await store.write(for: meter, bytes: bytes) { [name] in try $0.append(new, tenant: name) }
        }
    }

    /// Changes a stored message.
    @discardableResult
    public func reviseMessage(_ revision: MessageRevision) async throws -> Message {
        try await measured(.reviseMessage, revision.conversationID) { meter in
            try await admit(writes: true) { try Validation.check(revision) }
            let bytes = revision.body?.storedBytes ?? 0
            return try await store.write(for: meter, bytes: bytes) { [name] in try $0.revise(revision, tenant: name) }
        }
    }

    /// Reads a page of a conversation's messages, lowest sequence first.
    public func messages(_ query: MessageQuery) async throws -> MessagePage {
        try await measured(.messages, query.conversationID) { meter in
            try await admit { try Validation.check(query) }
            guard query.limit > 0 else { return MessagePage([], for: query) }
            return try await store.read(for: meter, inline: query.limit <= Self.inlineRows) { [name] in
                try $0.messages(query, tenant: name)
            }
        }
    }

    /// Reads where a conversation has branched.
    public func forks(of id: ConversationID) async throws -> [Fork] {
        try await measured(.forks, id) { meter in
            try await admit { try Validation.check(id) }
            return try await store.read(for: meter) { [name] in try $0.forks(of: id, tenant: name) }
        }
    }

    /// The answers that are being written through the store.
    public var endingAnswers: EndingAnswers { store.endingAnswers }

    /// Removes messages of a conversation and keeps the conversation.
    @discardableResult
    public func removeMessages(_ removal: MessageRemoval) async throws -> Int {
        try await measured(.removeMessages, removal.conversationID) { meter in
            try await admit(writes: true) { try Validation.check(removal) }
            return try await store.write(for: meter) { [name] in try $0.remove(removal, tenant: name) }
        }
    }

    /// Stores a conversation exactly as it was elsewhere.
    @discardableResult
    public func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        try await measured(.restoreConversation, snapshot.id) { meter in
            try await admit(writes: true) { try Validation.check(snapshot, roles: store.roles) }
            let bytes = snapshot.messages.reduce(0) { $0 + $1.body.storedBytes }
            return try await store.write(for: meter, bytes: bytes) { [name] in try $0.restore(snapshot, tenant: name) }
        }
    }

    @inline(__always)
    private func measured<Result>(
        _ operation: StorageOperation, _ id: ConversationID? = nil, _ body: (CallMeter?) async throws -> Result
    ) async throws -> Result {
        try await CallMeter.measure(store.observer, operation, tenant: isDefault ? nil : name, id, body)
    }

    /// Every call's first checks, in the order of their errors: closed, not prepared, wrong arguments.
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
