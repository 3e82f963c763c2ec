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
///
/// ### Requests, which the calls above spell out
/// - ``createConversation(_:)``
/// - ``updateConversation(_:_:)``
/// - ``conversations(_:)``
/// - ``append(_:)``
/// - ``messages(_:)``
/// - ``removeMessages(_:)``
public protocol ChatStorage: Sendable {
    /// Creates a conversation.
    ///
    /// When several callers create the same id at once and keep what exists, one of them creates the conversation and
    /// all get the same.
    ///
    /// - Parameter new: The conversation, and what becomes of one of the same id.
    /// - Returns: The conversation as it is now.
    /// - Throws: ``ChatStorageError`` with the code `conversationExists` if one of this id exists and the request does
    ///   not keep it; nothing changes then.
    @discardableResult
    func createConversation(_ new: NewConversation) async throws -> Conversation

    /// Reads a conversation.
    ///
    /// - Parameter id: The conversation.
    /// - Returns: The conversation, or nil if there is none of this id.
    func conversation(_ id: ConversationID) async throws -> Conversation?

    /// Changes a conversation.
    ///
    /// A new title moves ``Conversation/updatedAt``, even if it is the same as before.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - change: What becomes of it.
    /// - Returns: The conversation as it is now, or nil if there is none of this id.
    @discardableResult
    func updateConversation(_ id: ConversationID, _ change: ConversationChange) async throws -> Conversation?

    /// Deletes a conversation and all its messages.
    ///
    /// - Parameter id: The conversation.
    /// - Returns: Whether it existed.
    @discardableResult
    func deleteConversation(_ id: ConversationID) async throws -> Bool

    /// Reads a page of the conversations, most recently updated first, ties by the ids' UTF-8 bytes.
    ///
    /// Every page costs the same, from the first to the last.
    ///
    /// - Parameter query: Where the page begins, and how many conversations it has at most.
    /// - Returns: The conversations, and where the next page begins.
    /// - Throws: ``ChatStorageError`` with the code `invalidCursor` for a cursor that is damaged or another tenant's.
    func conversations(_ query: ConversationQuery) async throws -> ConversationPage

    /// Appends messages to the end of a conversation, in order, all or none.
    ///
    /// Each gets the next sequence. All get the same time, which becomes the conversation's ``Conversation/updatedAt``.
    ///
    /// Messages with a ``ChatMessage/key`` can be appended again when it is not known whether they were stored. If all
    /// keys are in the conversation, with the messages as they were first sent, nothing changes and the stored messages
    /// are returned, whatever the condition.
    ///
    /// - Parameter new: The messages, the conversation, and what must be true of it.
    /// - Returns: The stored messages, in the order given, and the conversation's version.
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` when only some messages have a key, `invalidRole`
    ///   for a role that the store does not take, `idempotencyMismatch` when only some of the keys are there or a
    ///   message differs from the one stored under its key, `conversationNotFound` when the condition says that the
    ///   conversation must exist, or `conflict` when it says that the conversation must be unchanged. Nothing is
    ///   written then.
    @discardableResult
    func append(_ new: NewMessages) async throws -> AppendResult

    /// Reads a page of a conversation's messages, lowest sequence first.
    ///
    /// - Parameter query: The conversation, where the page lies, and how many messages it has at most.
    /// - Returns: The messages, and whether there may be more; none if there is no such conversation.
    func messages(_ query: MessageQuery) async throws -> MessagePage

    /// Removes messages of a conversation and keeps the conversation.
    ///
    /// Their sequences are not used again.
    ///
    /// - Parameter removal: The conversation, and which of its messages.
    /// - Returns: How many were removed; 0 if there is no such conversation, which is not created.
    @discardableResult
    func removeMessages(_ removal: MessageRemoval) async throws -> Int

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
