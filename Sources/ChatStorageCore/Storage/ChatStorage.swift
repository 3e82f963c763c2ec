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
/// - Every requirement is one transaction: it happens wholly or not at all. A few calls built on them make several:
///   `append(streaming:)`, ``endAnswer(_:of:as:)``, histories of a window, and walks.
/// - Calls throw ``ChatStorageError``. Any call can throw `closed`, `notPrepared`, `schemaTooNew`, `schemaMismatch`,
///   `unavailable`, `accessDenied`, `damaged`, and `invalidArgument` for an id, title, tenant, key, content or limit
///   outside ``Limits``; any write also `readOnly`.
/// - When the caller's task is cancelled, a call throws `CancellationError`: at once, unless its backend cannot leave
///   its work. The work is then done wholly or not at all, now or a moment later.
/// - Calls may come from any task and thread, any number at once. The work never runs on the caller's actor.
///
/// ## Topics
///
/// ### Conversations
/// - ``createConversation(_:title:)``
/// - ``conversation(_:)``
/// - ``getOrCreateConversation(_:title:)``
/// - ``updateTitle(of:to:)``
/// - ``deleteConversation(_:)-(ConversationID)``
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
/// - ``append(streaming:to:_:if:key:metadata:checkpoints:isolation:_:)``
/// - ``history(of:limit:)``
/// - ``history(of:window:)``
/// - ``history(of:before:window:)``
/// - ``messages(of:limit:)``
/// - ``messages(of:_:limit:)``
/// - ``append(_:to:_:)``
/// - ``history(of:before:limit:)``
/// - ``allMessages(of:after:on:)``
/// - ``endAnswer(_:of:as:)``
/// - ``removeMessages(_:of:)``
/// - ``updateMetadata(of:_:in:)``
/// - ``clearMessages(of:)``
///
/// ### Requests, which the calls above make
/// - ``createConversation(_:)``
/// - ``updateConversation(_:_:)``
/// - ``conversations(_:)``
/// - ``append(_:)``
/// - ``deleteConversation(_:)-(ConversationDeletion)``
/// - ``messages(_:)``
/// - ``forks(of:)``
/// - ``reviseMessage(_:)``
/// - ``removeMessages(_:)``
/// - ``endingAnswers``
public protocol ChatStorage: Sendable {
    /// Creates a conversation.
    ///
    /// When several callers create the same id at once and keep what exists, one of them creates the conversation and
    /// all get the same.
    ///
    /// - Parameter new: The conversation, and what happens if one of the same id exists.
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

    /// Changes a conversation: its title, labels, metadata, read marks and head.
    ///
    /// A title that is set moves ``Conversation/updatedAt``, even if it is the same as before, unless the change keeps
    /// the conversation's place. Nothing else does.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - change: The change.
    /// - Returns: The conversation as it is now, or nil if there is none of this id.
    /// - Throws: ``ChatStorageError`` with the code `messageNotFound` if the message that becomes the head is not
    ///   there, `tooManyLabels` if it would have more than 32 labels, or `metadataTooLarge` if its metadata would have
    ///   more than 64 KiB. Nothing is written then.
    @discardableResult
    func updateConversation(_ id: ConversationID, _ change: ConversationChange) async throws -> Conversation?

    /// Deletes a conversation and all its messages.
    ///
    /// - Parameter deletion: The conversation, and the conditions that spare it.
    /// - Returns: Whether it was deleted: it existed, and nothing spared it.
    @discardableResult
    func deleteConversation(_ deletion: ConversationDeletion) async throws -> Bool

    /// Reads a page of the conversations, most recently updated first, ties by the ids' UTF-8 bytes.
    ///
    /// Every page costs the same, from the first to the last. A query with labels looks at a bounded number of
    /// conversations, see ``ConversationQuery/passedOver``; its page can be short and have a next one.
    ///
    /// - Parameter query: Where the page begins, how many conversations it has at most, which labels they have, and
    ///   whether each brings a preview.
    /// - Returns: The conversations, and where the next page begins.
    /// - Throws: ``ChatStorageError`` with the code `invalidCursor` for a cursor that is damaged or another tenant's.
    func conversations(_ query: ConversationQuery) async throws -> ConversationPage

    /// Appends messages to a conversation, in order, all or none: after its head, or where ``NewMessages/place`` says.
    ///
    /// Each gets the next sequence and follows the one before it. All get the same time, which becomes the
    /// conversation's ``Conversation/updatedAt``.
    ///
    /// Messages with a ``ChatMessage/key`` can be appended again when it is not known whether they were stored. If all
    /// keys are in the conversation, with the roles and parts as they were first sent, nothing changes and the stored
    /// messages are returned, whatever the condition and the place.
    ///
    /// - Parameter new: The messages, the conversation, and what must be true of it.
    /// - Returns: The stored messages, in the order given, and the conversation's version.
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` when only some messages have a key, `invalidRole`
    ///   for a role that the store does not take, `idempotencyMismatch` when only some of the keys are there or a
    ///   message differs from the one stored under its key, `conversationNotFound` when the condition says that the
    ///   conversation must exist, `messageNotFound` when the message that they follow or replace is not there, or
    ///   `conflict` when the condition says that the conversation must be unchanged. Nothing is written then.
    @discardableResult
    func append(_ new: NewMessages) async throws -> AppendResult

    /// Changes a stored message: its metadata and, if it is an answer under way, what it says and its state.
    ///
    /// It moves nothing: not ``Conversation/updatedAt``, not the version. Two callers who change different members of
    /// the metadata at once both succeed. A writer's revision that was made before, because its acknowledgement was
    /// lost, changes nothing and returns the message as it is.
    ///
    /// - Parameter revision: The message, and its change.
    /// - Returns: The message as it is now.
    /// - Throws: ``ChatStorageError`` with the code `messageNotFound` if it is not there, or belongs to another
    ///   conversation of that id; for a writer's revision, `conflict` if it was written since it was read, or has
    ///   ended; or `metadataTooLarge` if its metadata would have more than 64 KiB. Nothing is written then.
    @discardableResult
    func reviseMessage(_ revision: MessageRevision) async throws -> Message

    /// Reads a page of a conversation's messages, lowest sequence first, or some by their sequences or keys.
    ///
    /// - Parameter query: The conversation, where the page lies, on which path, and how many messages it has at most;
    ///   or which messages are looked up.
    /// - Returns: The messages, and whether there may be more; none if there is no such conversation.
    /// - Throws: ``ChatStorageError`` with the code `messageNotFound` if the message that ends the path is not there,
    ///   or `conflict` if the page begins after a stored message that is not on the path.
    func messages(_ query: MessageQuery) async throws -> MessagePage

    /// Reads where a conversation has branched: every place that several messages follow, lowest sequence first.
    ///
    /// - Parameter id: The conversation.
    /// - Returns: The forks; none of a conversation that has not branched, or does not exist.
    func forks(of id: ConversationID) async throws -> [Fork]

    /// Removes messages of a conversation and keeps the conversation.
    ///
    /// Their sequences are not used again. What followed a removed message follows its predecessor; if the head is
    /// removed, the message that it followed becomes the head. Answers under way among them end: the next revision of
    /// one is `messageNotFound`.
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
    ///   `invalidArgument` for sequences that do not increase, times that decrease, a key that comes twice, or a
    ///   predecessor or head that is not in it; `invalidRole` for a role that the store does not take.
    @discardableResult
    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation

    /// The answers that are being written through the store; closing the store ends them and waits for that.
    ///
    /// A wrapper returns those of the storage that it wraps; a store makes its own.
    var endingAnswers: EndingAnswers { get }
}
