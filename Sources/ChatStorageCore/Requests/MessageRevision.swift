/// A change of a stored message: of its metadata, or of the content and state of an answer under way.
///
/// ```swift
/// try await chats.reviseMessage(MessageRevision(of: "trip", 4, metadata: .setting("rating", to: 1)))
/// try await chats.reviseMessage(MessageRevision(of: answer, state: .stopped))
/// ```
public struct MessageRevision: Sendable, Hashable {
    /// The revision of a message that a writer continues from.
    public struct Base: Sendable, Hashable {
        /// The message's ``Message/createdAt``; it differs in another conversation of the same id.
        public var createdAt: Timestamp
        /// The message's ``Message/revision`` as it was read, or as the revision before returned it.
        public var revision: Int64

        /// Names a revision of a message.
        public init(createdAt: Timestamp, revision: Int64) {
            self.createdAt = createdAt
            self.revision = revision
        }
    }

    /// The conversation.
    public var conversationID: ConversationID
    /// The message's place in it.
    public var sequence: Int64
    /// The change of the message's metadata.
    public var metadata: MetadataChange
    /// The revision of an answer under way that this continues; nil for a change of the metadata alone.
    public let base: Base?
    /// What the answer says now; only its parts and native JSON are written, and nil leaves both.
    public let body: ChatMessage?
    /// How the writing ends; nil, or ``MessageState/streaming``, goes on.
    public let state: MessageState?

    /// Makes a request to change a message's metadata, whatever its state.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - sequence: The message's place in it.
    ///   - metadata: The change of the message's metadata.
    public init(of id: ConversationID, _ sequence: Int64, metadata: MetadataChange) {
        conversationID = id
        self.sequence = sequence
        self.metadata = metadata
        base = nil
        body = nil
        state = nil
    }

    /// Makes a request to continue or end an answer under way.
    ///
    /// What is left out stays as it is: a request to stop an answer sends the state alone.
    ///
    /// - Parameters:
    ///   - message: The message as it was read, or as the revision before returned it.
    ///   - body: What it says now; only its parts and native JSON are written. By default what it said.
    ///   - state: How the writing ends; by default it goes on.
    ///   - metadata: The change of the message's metadata; by default nothing.
    public init(
        of message: Message, body: ChatMessage? = nil, state: MessageState? = nil,
        metadata: MetadataChange = MetadataChange()
    ) {
        self.init(
            of: message.conversationID, message.sequence,
            from: Base(createdAt: message.createdAt, revision: message.revision), body: body, state: state,
            metadata: metadata)
    }

    /// Makes a request to continue or end an answer under way from the values that identify its revision.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - sequence: The message's place in it.
    ///   - base: The revision of the message that this continues.
    ///   - body: What it says now; only its parts and native JSON are written. By default what it said.
    ///   - state: How the writing ends; by default it goes on.
    ///   - metadata: The change of the message's metadata; by default nothing.
    public init(
        of id: ConversationID, _ sequence: Int64, from base: Base, body: ChatMessage? = nil,
        state: MessageState? = nil, metadata: MetadataChange = MetadataChange()
    ) {
        conversationID = id
        self.sequence = sequence
        self.metadata = metadata
        self.base = base
        self.body = body
        self.state = state == .streaming ? nil : state
    }
}

extension MessageRevision {
    /// What a revision makes of a message; for backends.
    public enum Outcome: Sendable {
        /// Nothing: the revision was made before, and this is what is stored.
        case made(Message)
        /// The message to write.
        case changed(Message)
    }

    /// What the revision makes of its message; for backends.
    ///
    /// A backend calls it in the transaction that writes the message, or writes the result only if the message is
    /// still the one that it was applied to.
    ///
    /// - Parameters:
    ///   - message: The message as it is; nil if it is not there.
    ///   - now: The time of the revision.
    /// - Throws: ``ChatStorageError`` with the code `messageNotFound` if it is not there or not the one that was read,
    ///   `conflict` if it was written since or has ended, `metadataTooLarge`.
    public func applied(to message: Message?, at now: Timestamp) throws -> Outcome {
        guard let message, base.map({ $0.createdAt == message.createdAt }) ?? true else {
            throw ChatStorageError(.messageNotFound, "the message that was to be changed does not exist")
        }
        var changed = message.body
        if let base {
            // No message has the highest number as its revision, and no revision can come after it.
            guard base.revision < .max else {
                throw ChatStorageError(.conflict, "the message does not have the revision that was read")
            }
            if isMade(of: message, from: base) { return .made(message) }
            guard message.state == .streaming else {
                throw ChatStorageError(
                    .conflict, "the message is \(message.state.rawValue); what it says does not change any more")
            }
            guard base.revision == message.revision else {
                throw ChatStorageError(
                    .conflict, "another writer has changed the message since it was read")
            }
            if let body { changed = changed.saying(body) }
        }
        if !metadata.isEmpty { changed.metadata = try metadata.applied(to: message.metadata) }
        let writing = base.map { base in
            MessageWriting(
                state: state ?? .streaming, revision: base.revision + 1, revisedAt: max(now, message.createdAt))
        }
        return .changed(
            Message(
                conversationID: message.conversationID, sequence: message.sequence, body: changed,
                createdAt: message.createdAt, predecessor: message.predecessor, writing: writing ?? message.writing))
    }

    /// Whether the message is what this revision made of it, so that this is a repeat after a lost acknowledgement.
    private func isMade(of message: Message, from base: Base) -> Bool {
        message.revision == base.revision + 1 && message.state == state ?? .streaming
            && message.revisedAt != nil
            && (body.map { message.body.saysTheSame(as: $0) } ?? true)
    }
}
