/// A tenant's handle whose every call goes through an interceptor.
public struct InterceptedStorage: ChatStorage {
    /// The storage that is wrapped.
    public let base: any ChatStorage
    private let tenant: String?
    private let interceptor: any StorageInterceptor

    /// Wraps a storage.
    ///
    /// - Parameters:
    ///   - base: The storage.
    ///   - tenant: The tenant's name, which the interceptor is given; by default nil, which means the default tenant.
    ///   - interceptor: What gets each call, and decides what to do with it.
    public init(_ base: any ChatStorage, tenant: String? = nil, interceptor: any StorageInterceptor) {
        self.base = base
        self.tenant = tenant
        self.interceptor = interceptor
    }

    /// Passes a call, as a value, to the interceptor.
    ///
    /// - Parameter call: The call.
    /// - Returns: The interceptor's reply.
    /// - Throws: What the interceptor throws.
    @discardableResult
    public func perform(_ call: StorageCall) async throws -> StorageReply {
        try await interceptor.perform(call, tenant: tenant, on: base)
    }

    /// Passes the call to the interceptor.
    @discardableResult
    public func createConversation(_ new: NewConversation) async throws -> Conversation {
        guard case .conversation(let conversation?) = try await perform(.createConversation(new)) else {
            throw Self.wrongReply
        }
        return conversation
    }

    /// Passes the call to the interceptor.
    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        guard case .conversation(let conversation) = try await perform(.conversation(id)) else {
            throw Self.wrongReply
        }
        return conversation
    }

    /// Passes the call to the interceptor.
    @discardableResult
    public func updateConversation(
        _ id: ConversationID, _ change: ConversationChange
    ) async throws -> Conversation? {
        guard case .conversation(let conversation) = try await perform(.updateConversation(id, change)) else {
            throw Self.wrongReply
        }
        return conversation
    }

    /// Passes the call to the interceptor.
    @discardableResult
    public func deleteConversation(_ deletion: ConversationDeletion) async throws -> Bool {
        guard case .existed(let existed) = try await perform(.deleteConversation(deletion)) else {
            throw Self.wrongReply
        }
        return existed
    }

    /// Passes the call to the interceptor.
    public func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        guard case .conversations(let page) = try await perform(.conversations(query)) else { throw Self.wrongReply }
        return page
    }

    /// Passes the call to the interceptor.
    @discardableResult
    public func append(_ new: NewMessages) async throws -> AppendResult {
        guard case .appended(let result) = try await perform(.append(new)) else { throw Self.wrongReply }
        return result
    }

    /// Passes the call to the interceptor.
    @discardableResult
    public func reviseMessage(_ revision: MessageRevision) async throws -> Message {
        guard case .message(let message) = try await perform(.reviseMessage(revision)) else { throw Self.wrongReply }
        return message
    }

    /// Passes the call to the interceptor.
    public func messages(_ query: MessageQuery) async throws -> MessagePage {
        guard case .messages(let page) = try await perform(.messages(query)) else { throw Self.wrongReply }
        return page
    }

    /// Passes the call to the interceptor.
    public func forks(of id: ConversationID) async throws -> [Fork] {
        guard case .forks(let forks) = try await perform(.forks(id)) else { throw Self.wrongReply }
        return forks
    }

    /// Passes the call to the interceptor.
    @discardableResult
    public func removeMessages(_ removal: MessageRemoval) async throws -> Int {
        guard case .count(let count) = try await perform(.removeMessages(removal)) else { throw Self.wrongReply }
        return count
    }

    /// Passes the call to the interceptor.
    @discardableResult
    public func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        guard case .conversation(let conversation?) = try await perform(.restoreConversation(snapshot)) else {
            throw Self.wrongReply
        }
        return conversation
    }

    /// The answers that are being written through the wrapped storage.
    public var endingAnswers: EndingAnswers { base.endingAnswers }

    private static let wrongReply = ChatStorageError(
        .damaged, "an interceptor replied to a call with what another call returns")
}
