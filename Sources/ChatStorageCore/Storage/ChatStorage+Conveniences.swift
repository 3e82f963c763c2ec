// Functions that an app calls for every message are inlined, because a task looks up its executor whenever an
// asynchronous function is called, and again when it returns.
extension ChatStorage {
    /// Creates a conversation.
    ///
    /// - Parameters:
    ///   - id: The id, 1 to 100 Unicode scalars without U+0000.
    ///   - title: The title, at most 200 Unicode scalars without U+0000; by default none.
    /// - Returns: The new conversation, without messages.
    /// - Throws: ``ChatStorageError`` with the code `conversationExists` if one of this id exists; it stays as it is.
    @discardableResult
    @inlinable @inline(__always)
    public func createConversation(_ id: ConversationID, title: String? = nil) async throws -> Conversation {
        try await createConversation(NewConversation(plain: id, title: title, ifExists: .fail))
    }

    /// Reads a conversation, and creates it if it does not exist.
    ///
    /// When several callers do so at once, one of them creates it and all get the same conversation.
    ///
    /// - Parameters:
    ///   - id: The id, 1 to 100 Unicode scalars without U+0000.
    ///   - title: The title of a new conversation, by default none; an existing one keeps its own.
    /// - Returns: The conversation as it is now.
    @discardableResult
    @inlinable @inline(__always)
    public func getOrCreateConversation(_ id: ConversationID, title: String? = nil) async throws -> Conversation {
        try await createConversation(NewConversation(plain: id, title: title, ifExists: .keep))
    }

    /// Gives a conversation another title, or none.
    ///
    /// It moves ``Conversation/updatedAt``, even if the title is the same as before.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - title: The new title, at most 200 Unicode scalars without U+0000; nil removes it.
    /// - Returns: The conversation as it is now, or nil if there is none of this id.
    @discardableResult
    @inlinable @inline(__always)
    public func updateTitle(of id: ConversationID, to title: String?) async throws -> Conversation? {
        try await updateConversation(id, .title(title))
    }

    /// Deletes a conversation and all its messages.
    ///
    /// - Parameter id: The conversation.
    /// - Returns: Whether it existed.
    @discardableResult
    @inlinable @inline(__always)
    public func deleteConversation(_ id: ConversationID) async throws -> Bool {
        try await deleteConversation(ConversationDeletion(id))
    }

    /// Changes the metadata of a stored message.
    ///
    /// - Parameters:
    ///   - sequence: The message's place in its conversation.
    ///   - change: The change, such as `.setting("rating", to: 1)`.
    ///   - id: The conversation.
    /// - Returns: The message as it is now.
    /// - Throws: As ``reviseMessage(_:)`` does.
    @discardableResult
    public func updateMetadata(
        of sequence: Int64, _ change: MetadataChange, in id: ConversationID
    ) async throws -> Message {
        try await reviseMessage(MessageRevision(of: id, sequence, metadata: change))
    }

    /// Reads the most recently updated conversations, newest first.
    ///
    /// - Parameter limit: How many at most, 0 or more; by default 50. 0 reads nothing.
    /// - Returns: The conversations; to read further, use ``conversations(after:limit:)``.
    @inlinable @inline(__always)
    public func conversations(limit: Int = 50) async throws -> [Conversation] {
        try await conversations(ConversationQuery(limit: limit)).items
    }

    /// Reads a page of the conversations, most recently updated first, ties by the ids' UTF-8 bytes.
    ///
    /// - Parameters:
    ///   - cursor: ``ConversationPage/next`` of the page before; nil reads the first page.
    ///   - limit: How many at most, 0 or more; 0 reads nothing.
    /// - Returns: The conversations, and where the next page begins.
    /// - Throws: ``ChatStorageError`` with the code `invalidCursor` for a cursor that is damaged or another tenant's.
    @inlinable @inline(__always)
    public func conversations(after cursor: ConversationCursor?, limit: Int) async throws -> ConversationPage {
        try await conversations(ConversationQuery(after: cursor, limit: limit))
    }

    /// All conversations, most recently updated first, read page by page in constant memory.
    public func allConversations() -> ConversationSequence {
        ConversationSequence(storage: self)
    }

    /// Appends messages after a conversation's head, in order, all or none.
    ///
    /// - Parameters:
    ///   - messages: At most 10,000 messages, each of at most 16 MiB and together of at most 64 MiB of content. Either
    ///     all have a key, or none has. An empty array changes nothing and creates nothing.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must
    ///     be unchanged.
    /// - Returns: The stored messages, in the order given; those stored before if the append repeats one.
    /// - Throws: As ``append(_:)`` does.
    @discardableResult
    @inlinable @inline(__always)
    public func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition = .createIfMissing
    ) async throws -> [Message] {
        try await append(NewMessages(messages, to: id, if: condition)).messages
    }

    /// Appends a message.
    ///
    /// - Parameters:
    ///   - message: The message, of at most 16 MiB of content.
    ///   - id: The conversation.
    ///   - condition: Whether a conversation that does not exist is created, as it is by default, and whether it must
    ///     be unchanged.
    /// - Returns: The stored message; the one stored before if the append repeats one.
    /// - Throws: ``ChatStorageError`` with the code `invalidRole` for a role that the store does not take,
    ///   `idempotencyMismatch` when another message is stored under its key, `conversationNotFound` when the condition
    ///   says that the conversation must exist, or `conflict` when it says that the conversation must be unchanged.
    @discardableResult
    @inlinable @inline(__always)
    public func append(
        _ message: ChatMessage, to id: ConversationID, if condition: AppendCondition = .createIfMissing
    ) async throws -> Message {
        do {
            guard let stored = try await append(NewMessages([message], to: id, if: condition)).messages.first else {
                throw ChatStorageError(.damaged, "the backend appended a message and returned none")
            }
            return stored
        } catch let error as ChatStorageError {
            throw error.aboutOneMessage
        }
    }

    /// Reads the last messages of a conversation's current path, in order, as an LLM chat API takes them.
    ///
    /// Answers that are still being written, or whose writing failed, are left out. So are tool results at the
    /// beginning whose calls are not included, since no API takes them; so there can be fewer messages than the limit.
    ///
    /// A system message at the start of a long conversation is not among the last ones; ``history(of:window:)`` keeps
    /// it.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - limit: How many at most, 0 or more; by default 20.
    @inlinable @inline(__always)
    public func history(of id: ConversationID, limit: Int = 20) async throws -> [ChatMessage] {
        try await ChatMessage.history(messages(MessageQuery(of: id, limit: limit, states: .finished)).items)
    }

    /// Reads the last messages before a message, in order, as an LLM chat API takes them: what a model was given to
    /// answer with that message.
    ///
    /// It leaves out what ``history(of:limit:)`` leaves out.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - sequence: The message; if it is stored, its own branch is read, wherever the head is.
    ///   - limit: How many at most, 0 or more; by default 20.
    @inlinable @inline(__always)
    public func history(
        of id: ConversationID, before sequence: Int64, limit: Int = 20
    ) async throws -> [ChatMessage] {
        try await ChatMessage.history(
            messages(MessageQuery(of: id, .before(sequence), limit: limit, states: .finished)).items)
    }

    /// Reads a conversation's last messages, in order.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - limit: How many at most, 0 or more; by default 20.
    @inlinable @inline(__always)
    public func messages(of id: ConversationID, limit: Int = 20) async throws -> [Message] {
        try await messages(MessageQuery(of: id, limit: limit)).items
    }

    /// Reads a page of a conversation's messages, lowest sequence first.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - position: Where the page lies: at the end, before a sequence or after one. It has the messages that are
    ///     nearest: the *last* before a sequence, the *first* after it.
    ///   - limit: How many at most, 0 or more; 0 reads nothing.
    @inlinable @inline(__always)
    public func messages(
        of id: ConversationID, _ position: MessagePosition, limit: Int
    ) async throws -> [Message] {
        try await messages(MessageQuery(of: id, position, limit: limit)).items
    }

    /// All messages of a conversation's current path, lowest sequence first, read page by page in constant memory.
    ///
    /// - Parameters:
    ///   - id: The conversation; one that does not exist has no messages.
    ///   - sequence: Only messages after this one are read; by default all.
    ///   - path: Another path, or all branches; by default the current path.
    public func allMessages(
        of id: ConversationID, after sequence: Int64 = 0, on path: MessageQuery.Path = .current
    ) -> MessageSequence {
        MessageSequence(storage: self, query: MessageQuery(of: id, .after(sequence), on: path))
    }

    /// Appends a message after another one, or in place of one; both can make a branch.
    ///
    /// ```swift
    /// try await chats.append(.user("And in March?"), to: "trip", .insteadOf(5))
    /// ```
    ///
    /// - Parameters:
    ///   - message: The message, of at most 16 MiB of content.
    ///   - id: The conversation.
    ///   - place: The message that it follows or replaces.
    /// - Returns: The stored message; the one stored before if the append repeats one.
    /// - Throws: As ``append(_:)`` does; `messageNotFound` when the other message is not there.
    @discardableResult
    public func append(
        _ message: ChatMessage, to id: ConversationID, _ place: AppendPlace
    ) async throws -> Message {
        guard let stored = try await append(NewMessages([message], to: id, place)).messages.first else {
            throw ChatStorageError(.damaged, "an append of one message returned none")
        }
        return stored
    }

    /// Removes messages of a conversation by their sequences.
    ///
    /// - Parameters:
    ///   - sequences: At most 1,000; what is not there is left out.
    ///   - id: The conversation.
    /// - Returns: How many were removed.
    @discardableResult
    public func removeMessages(_ sequences: [Int64], of id: ConversationID) async throws -> Int {
        try await removeMessages(MessageRemoval(.messages(sequences), of: id))
    }

    /// Stops an answer under way that another task or process writes; its writer notices within seconds.
    ///
    /// - Parameters:
    ///   - sequence: The message's place in its conversation.
    ///   - id: The conversation.
    ///   - state: How it ends; by default as stopped.
    /// - Returns: The message as it is now; one that had ended is left as it is.
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` for `streaming`, which does not end it, or
    ///   `messageNotFound` if it is not there.
    @discardableResult
    public func endAnswer(
        _ sequence: Int64, of id: ConversationID, as state: MessageState = .stopped
    ) async throws -> Message {
        try state.checkEnds()
        while true {
            let found = try await messages(MessageQuery(of: id, .sequences([sequence]))).items.first
            guard let message = found else {
                throw ChatStorageError(.messageNotFound, "the answer to end does not exist")
            }
            guard message.state == .streaming else { return message }
            do {
                return try await reviseMessage(MessageRevision(of: message, state: state))
            } catch let error as ChatStorageError where error.code == .conflict {
                // Its writer was quicker; the next turn reads what it wrote.
                try Task.checkCancellation()
            }
        }
    }

    /// Removes all messages of a conversation and keeps the conversation.
    ///
    /// Their sequences are not used again.
    ///
    /// - Parameter id: The conversation.
    /// - Returns: How many were removed; 0 if there is no such conversation, which is not created.
    @discardableResult
    @inlinable @inline(__always)
    public func clearMessages(of id: ConversationID) async throws -> Int {
        try await removeMessages(MessageRemoval(.all, of: id))
    }
}
