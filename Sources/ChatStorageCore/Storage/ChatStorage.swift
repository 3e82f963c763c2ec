/// One tenant's conversations and their messages: what an app's code sees of its storage.
///
/// Write an app's functions for `some ChatStorage` (or `any ChatStorage`); they then work on SQLite, on PostgreSQL and,
/// in tests, in memory, with the same results.
///
/// ```swift
/// func reply(to text: String, in id: ConversationID, storage: some ChatStorage) async throws -> Message {
///     try await storage.append(.user(text), to: id)
///     let answer = try await model.answer(storage.history(of: id))
///     return try await storage.append(.assistant(answer), to: id, if: .exists)
/// }
/// ```
///
/// ## What all calls share
///
/// - Every call is one transaction: it happens wholly or not at all.
/// - Calls throw ``ChatStorageError``, always possible: `closed`, `notPrepared`, `schemaTooNew`, `schemaMismatch`,
///   `unavailable`, `accessDenied`, `damaged`, of writes also `readOnly`; and `invalidArgument` for an id, title,
///   tenant, key, content or limit outside ``Limits``.
/// - When the caller's task is cancelled a call throws `CancellationError`, at once unless its backend cannot leave its
///   work. What it was to do is then done wholly or not at all, now or a moment later.
/// - Calls may come from any task and thread, any number at once. The work never runs on the caller's actor.
///
/// ## Topics
///
/// ### Conversations
/// - ``createConversation(_:title:)``
/// - ``conversation(_:)``
/// - ``getOrCreateConversation(_:title:)``
/// - ``updateTitle(of:to:)``
/// - ``deleteConversation(_:)``
/// - ``conversations(limit:)``
/// - ``conversations(after:limit:)``
/// - ``allConversations()``
/// - ``restoreConversation(_:)``
///
/// ### Messages
/// - ``append(_:to:if:)-(ChatMessage,_,_)``
/// - ``append(_:to:if:)-([ChatMessage],_,_)``
/// - ``append(_:to:if:retrying:)-(ChatMessage,_,_,_)``
/// - ``append(_:to:if:retrying:)-([ChatMessage],_,_,_)``
/// - ``history(of:limit:)``
/// - ``messages(of:limit:)``
/// - ``messages(of:_:limit:)``
/// - ``allMessages(of:after:)``
/// - ``clearMessages(of:)``
public protocol ChatStorage: Sendable {
    /// Creates a conversation.
    ///
    /// - Parameters:
    ///   - id: The id, 1 to 100 Unicode scalars without U+0000.
    ///   - title: The title, at most 200 Unicode scalars without U+0000, or nil.
    /// - Returns: The new conversation, without messages.
    /// - Throws: ``ChatStorageError`` with the code `conversationExists` if one of this id exists; it stays as it is.
    @discardableResult
    func createConversation(_ id: ConversationID, title: String?) async throws -> Conversation

    /// Reads a conversation.
    ///
    /// - Returns: The conversation, or nil if there is none of this id.
    func conversation(_ id: ConversationID) async throws -> Conversation?

    /// Reads a conversation, and creates it if it does not exist.
    ///
    /// When many callers do so at once, one of them creates it and all get the same.
    ///
    /// - Parameters:
    ///   - id: The id, 1 to 100 Unicode scalars without U+0000.
    ///   - title: The title of a new conversation; an existing one keeps its own.
    /// - Returns: The conversation as it is now.
    @discardableResult
    func getOrCreateConversation(_ id: ConversationID, title: String?) async throws -> Conversation

    /// Gives a conversation another title, or none.
    ///
    /// It moves ``Conversation/updatedAt``, also when the title is the same as before.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - title: The new title, at most 200 Unicode scalars without U+0000; nil removes it.
    /// - Returns: The conversation as it is now, or nil if there is none of this id.
    @discardableResult
    func updateTitle(of id: ConversationID, to title: String?) async throws -> Conversation?

    /// Deletes a conversation and all its messages.
    ///
    /// - Returns: Whether it existed.
    @discardableResult
    func deleteConversation(_ id: ConversationID) async throws -> Bool

    /// Reads a page of the conversations, most recently updated first, ties by the ids' UTF-8 bytes.
    ///
    /// Every page costs the same, the first and the last.
    ///
    /// - Parameters:
    ///   - cursor: ``ConversationPage/next`` of the page before; nil reads the first page.
    ///   - limit: How many at most, 0 or more; 0 reads nothing.
    /// - Throws: ``ChatStorageError`` with the code `invalidCursor` for a cursor that is damaged or another tenant's.
    func conversations(after cursor: ConversationCursor?, limit: Int) async throws -> ConversationPage

    /// Appends messages to the end of a conversation, in order, all or none.
    ///
    /// Each gets the next sequence. All get the same time, which becomes the conversation's ``Conversation/updatedAt``.
    ///
    /// Messages that have a ``ChatMessage/key`` can be appended again when it is not known whether they were stored: if
    /// all keys are there, with the messages as they were first sent, nothing changes and the stored messages are
    /// returned, whatever the condition. Messages without a key among them must then stand where they stood.
    ///
    /// - Parameters:
    ///   - messages: At most 10,000 messages, each of at most 16 MiB and together of at most 64 MiB of content. None
    ///     changes nothing and creates nothing.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, and whether it must be unchanged.
    /// - Returns: The stored messages, in the order given.
    /// - Throws: ``ChatStorageError`` with the code `invalidRole` for a role that the store does not take,
    ///   `idempotencyMismatch` when only some of the keys are there or a message differs from the one stored under its
    ///   key, `conversationNotFound` when the condition says that the conversation must exist, or `conflict` when it
    ///   says that the conversation must be unchanged. Nothing is written then.
    @discardableResult
    func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition
    ) async throws -> [Message]

    /// Reads a page of a conversation's messages, lowest sequence first.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - position: Whether the page is the last, or lies before or after a sequence. It goes as near to that place as
    ///     it can: the *last* messages before a sequence, the *first* after it.
    ///   - limit: How many at most, 0 or more; 0 reads nothing.
    func messages(of id: ConversationID, _ position: MessagePosition, limit: Int) async throws -> [Message]

    /// Removes all messages of a conversation and keeps the conversation.
    ///
    /// Their sequences are not used again.
    ///
    /// - Returns: How many were removed; 0 if there is no such conversation, which is not created.
    @discardableResult
    func clearMessages(of id: ConversationID) async throws -> Int

    /// Stores a conversation exactly as it was elsewhere, its times and sequences included, all or nothing.
    ///
    /// - Parameter snapshot: The conversation and its messages, any number.
    /// - Returns: The conversation.
    /// - Throws: ``ChatStorageError`` with the code `conversationExists` if one of this id exists; it stays as it is.
    ///   `invalidArgument` for sequences that do not increase, times that decrease or a key that comes twice;
    ///   `invalidRole` for a role that the store does not take.
    @discardableResult
    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation
}
