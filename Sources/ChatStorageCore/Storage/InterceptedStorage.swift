package import ChatStorageCore

/// What stands between a caller and a storage: it sees each call as a value and decides what becomes of it.
package protocol StorageInterceptor: Sendable {
    /// Makes the call, or something else.
    ///
    /// - Parameter tenant: The tenant's name as the caller gave it; nil is the default tenant.
    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply

    /// Prepares the store, or does something else.
    func prepare(_ base: any ChatStorageBackend) async throws

    /// Closes the store, or does something else.
    func close(_ base: any ChatStorageBackend) async throws
}

extension StorageInterceptor {
    package func prepare(_ base: any ChatStorageBackend) async throws { try await base.prepare() }

    package func close(_ base: any ChatStorageBackend) async throws { try await base.close() }
}

/// A backend whose every call goes through an interceptor.
package struct InterceptedBackend: ChatStorageBackend {
    package let base: any ChatStorageBackend
    private let interceptor: any StorageInterceptor
    private let tenantPrefix: String

    /// Wraps a backend.
    ///
    /// - Parameter tenantPrefix: What precedes each tenant's name in the store.
    package init(_ base: any ChatStorageBackend, interceptor: any StorageInterceptor, tenantPrefix: String = "") {
        self.base = base
        self.interceptor = interceptor
        self.tenantPrefix = tenantPrefix
    }

    package var capabilities: Capabilities { base.capabilities }

    package func prepare() async throws { try await interceptor.prepare(base) }

    package func close() async throws { try await interceptor.close(base) }

    package func tenant(_ name: String) -> InterceptedStorage {
        InterceptedStorage(
            base: base.tenant(name.isEmpty ? nameless : tenantPrefix + name), tenant: name, interceptor: interceptor)
    }

    package var defaultTenant: InterceptedStorage {
        InterceptedStorage(
            base: tenantPrefix.isEmpty ? base.defaultTenant : base.tenant(tenantPrefix), tenant: nil,
            interceptor: interceptor)
    }

    /// The handle on a tenant; nil names the default one.
    package func storage(of tenant: String?) -> InterceptedStorage {
        tenant.map { self.tenant($0) } ?? defaultTenant
    }

    /// What replaces an empty name: behind a prefix, another invalid name.
    ///
    /// A backend that wrongly accepts an empty name would let checks write to the chats of a store in use.
    private var nameless: String { tenantPrefix.isEmpty ? "" : tenantPrefix + "\0" }

    /// The default tenant through the backend's own functions; `defaultTenant` asks it for a handle instead.
    package var asDefaultTenant: InterceptedStorage {
        InterceptedStorage(
            base: tenantPrefix.isEmpty ? base : base.tenant(tenantPrefix), tenant: nil, interceptor: interceptor)
    }
}

/// A tenant's handle whose every call goes through an interceptor.
package struct InterceptedStorage: ChatStorage {
    package let base: any ChatStorage
    fileprivate let tenant: String?
    fileprivate let interceptor: any StorageInterceptor

    /// Makes a call that is given as a value.
    @discardableResult
    package func perform(_ call: StorageCall) async throws -> StorageReply {
        try await interceptor.perform(call, tenant: tenant, on: base)
    }

    @discardableResult
    package func createConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await perform(.createConversation(id, title: title)).conversation
    }

    package func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await perform(.conversation(id)).optionalConversation
    }

    @discardableResult
    package func getOrCreateConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await perform(.getOrCreateConversation(id, title: title)).conversation
    }

    @discardableResult
    package func updateTitle(of id: ConversationID, to title: String?) async throws -> Conversation? {
        try await perform(.updateTitle(of: id, to: title)).optionalConversation
    }

    @discardableResult
    package func deleteConversation(_ id: ConversationID) async throws -> Bool {
        guard case .existed(let existed) = try await perform(.deleteConversation(id)) else { throw WrongReply() }
        return existed
    }

    package func conversations(after cursor: ConversationCursor?, limit: Int) async throws -> ConversationPage {
        guard case .page(let page) = try await perform(.conversations(after: cursor, limit: limit)) else {
            throw WrongReply()
        }
        return page
    }

    @discardableResult
    package func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition
    ) async throws -> [Message] {
        try await perform(.append(messages, to: id, if: condition)).messages
    }

    package func messages(of id: ConversationID, _ position: MessagePosition, limit: Int) async throws -> [Message] {
        try await perform(.messages(of: id, position, limit: limit)).messages
    }

    @discardableResult
    package func clearMessages(of id: ConversationID) async throws -> Int {
        guard case .count(let count) = try await perform(.clearMessages(of: id)) else { throw WrongReply() }
        return count
    }

    @discardableResult
    package func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        try await perform(.restoreConversation(snapshot)).conversation
    }
}

/// An interceptor answered a call with another call's kind of reply.
struct WrongReply: Error {}

extension StorageReply {
    fileprivate var conversation: Conversation {
        get throws {
            guard let conversation = try optionalConversation else { throw WrongReply() }
            return conversation
        }
    }

    fileprivate var optionalConversation: Conversation? {
        get throws {
            guard case .conversation(let conversation) = self else { throw WrongReply() }
            return conversation
        }
    }

    fileprivate var messages: [Message] {
        get throws {
            guard case .messages(let messages) = self else { throw WrongReply() }
            return messages
        }
    }
}
