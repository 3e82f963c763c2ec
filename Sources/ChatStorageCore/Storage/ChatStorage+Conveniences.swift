// What an app calls for every message is inlined: a task looks twice for its executor at each asynchronous function between
// it and the backend, when it is called and when it returns.
extension ChatStorage {
    /// Creates a conversation without a title.
    ///
    /// - Throws: ``ChatStorageError`` with the code `conversationExists` if one of this id exists.
    @discardableResult
    public func createConversation(_ id: ConversationID) async throws -> Conversation {
        try await createConversation(id, title: nil)
    }

    /// Reads a conversation, and creates it without a title if it does not exist.
    @discardableResult
    public func getOrCreateConversation(_ id: ConversationID) async throws -> Conversation {
        try await getOrCreateConversation(id, title: nil)
    }

    /// Reads the most recently updated conversations, newest first.
    ///
    /// - Parameter limit: How many at most, 0 or more; by default 50.
    public func conversations(limit: Int = 50) async throws -> [Conversation] {
        try await conversations(after: nil, limit: limit).items
    }

    /// All conversations, most recently updated first, read page by page in constant memory.
    public func allConversations() -> ConversationSequence {
        ConversationSequence(storage: self)
    }

    /// Appends messages, creating the conversation if it does not exist.
    ///
    /// - Throws: ``ChatStorageError`` with the code `invalidRole` for a role that the store does not take.
    @discardableResult
    public func append(_ messages: [ChatMessage], to id: ConversationID) async throws -> [Message] {
        try await append(messages, to: id, if: .createIfMissing)
    }

    /// Appends a message.
    ///
    /// - Parameters:
    ///   - message: The message, of at most 16 MiB of content.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must be
    ///     unchanged.
    /// - Returns: The stored message; the one stored before if its key is there.
    /// - Throws: ``ChatStorageError`` with the code `invalidRole` for a role that the store does not take,
    ///   `idempotencyMismatch` when its key is there with another message, `conversationNotFound` when the condition says
    ///   that the conversation must exist, or `conflict` when it says that the conversation must be unchanged.
    @discardableResult
    @inlinable @inline(__always)
    public func append(
        _ message: ChatMessage, to id: ConversationID, if condition: AppendCondition = .createIfMissing
    ) async throws -> Message {
        do {
            guard let stored = try await append([message], to: id, if: condition).first else {
                throw ChatStorageError(.damaged, "the backend appended a message and returned none")
            }
            return stored
        } catch let error as ChatStorageError {
            throw error.aboutOneMessage
        }
    }

    /// Reads a conversation's last messages, in order, as an LLM chat API takes them.
    ///
    /// A system message at the start of a long conversation is not among the last ones: an app that relies on it keeps it
    /// apart and puts it first, or asks for as many messages as its model takes.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - limit: How many at most, 0 or more; by default 20.
    @inlinable @inline(__always)
    public func history(of id: ConversationID, limit: Int = 20) async throws -> [ChatMessage] {
        try await messages(of: id, .end, limit: limit).map(\.chatMessage)
    }

    /// Reads a conversation's last messages, in order.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - limit: How many at most, 0 or more; by default 20.
    @inlinable @inline(__always)
    public func messages(of id: ConversationID, limit: Int = 20) async throws -> [Message] {
        try await messages(of: id, .end, limit: limit)
    }

    /// All messages of a conversation, lowest sequence first, read page by page in constant memory.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - sequence: The messages after this one; by default all.
    public func allMessages(of id: ConversationID, after sequence: Int64 = 0) -> MessageSequence {
        MessageSequence(storage: self, conversationID: id, after: sequence)
    }
}
