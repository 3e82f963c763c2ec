/// A call of a ``ChatStorage``, as a value: it can be logged, repeated and passed on.
///
/// Each requirement of the protocol has a case, and a new requirement will get a new one. A `switch` without a default
/// then does not compile until it handles the new call.
public enum StorageCall: Sendable {
    /// ``ChatStorage/createConversation(_:)``, which replies with a conversation.
    case createConversation(NewConversation)
    /// ``ChatStorage/conversation(_:)``, which replies with a conversation or nil.
    case conversation(ConversationID)
    /// ``ChatStorage/updateConversation(_:_:)``, which replies with a conversation or nil.
    case updateConversation(ConversationID, ConversationChange)
    /// ``ChatStorage/deleteConversation(_:)``, which replies whether it existed and was deleted.
    case deleteConversation(ConversationDeletion)
    /// ``ChatStorage/conversations(_:)``, which replies with a page of conversations.
    case conversations(ConversationQuery)
    /// ``ChatStorage/append(_:)``, which replies with what was appended.
    case append(NewMessages)
    /// ``ChatStorage/reviseMessage(_:)``, which replies with a message.
    case reviseMessage(MessageRevision)
    /// ``ChatStorage/messages(_:)``, which replies with a page of messages.
    case messages(MessageQuery)
    /// ``ChatStorage/forks(of:)``, which replies with forks.
    case forks(ConversationID)
    /// ``ChatStorage/removeMessages(_:)``, which replies with a count.
    case removeMessages(MessageRemoval)
    /// ``ChatStorage/restoreConversation(_:)``, which replies with a conversation.
    case restoreConversation(ConversationSnapshot)

    /// Makes the call.
    ///
    /// - Parameter storage: The storage to call.
    /// - Returns: What the storage returned.
    /// - Throws: What the storage throws.
    @discardableResult
    public func perform(on storage: any ChatStorage) async throws -> StorageReply {
        switch self {
        case .createConversation(let new): .conversation(try await storage.createConversation(new))
        case .conversation(let id): .conversation(try await storage.conversation(id))
        case .updateConversation(let id, let change):
            .conversation(try await storage.updateConversation(id, change))
        case .deleteConversation(let deletion): .existed(try await storage.deleteConversation(deletion))
        case .conversations(let query): .conversations(try await storage.conversations(query))
        case .append(let new): .appended(try await storage.append(new))
        case .reviseMessage(let revision): .message(try await storage.reviseMessage(revision))
        case .messages(let query): .messages(try await storage.messages(query))
        case .forks(let id): .forks(try await storage.forks(of: id))
        case .removeMessages(let removal): .count(try await storage.removeMessages(removal))
        case .restoreConversation(let snapshot):
            .conversation(try await storage.restoreConversation(snapshot))
        }
    }

    /// What it does, as an observer names it.
    public var operation: StorageOperation {
        switch self {
        case .createConversation: .createConversation
        case .conversation: .conversation
        case .updateConversation: .updateConversation
        case .deleteConversation: .deleteConversation
        case .conversations: .conversations
        case .append: .append
        case .reviseMessage: .reviseMessage
        case .messages: .messages
        case .forks: .forks
        case .removeMessages: .removeMessages
        case .restoreConversation: .restoreConversation
        }
    }

    /// The conversation that the call is about; nil for a call that lists conversations.
    public var conversationID: ConversationID? {
        switch self {
        case .createConversation(let new): new.id
        case .conversation(let id), .updateConversation(let id, _), .forks(let id): id
        case .deleteConversation(let deletion): deletion.id
        case .reviseMessage(let revision): revision.conversationID
        case .append(let new): new.conversationID
        case .messages(let query): query.conversationID
        case .removeMessages(let removal): removal.conversationID
        case .restoreConversation(let snapshot): snapshot.id
        case .conversations: nil
        }
    }
}

extension StorageCall: CustomStringConvertible {
    /// The name of the call's requirement, such as `append`; it has no chat text, so it can be logged.
    public var description: String {
        switch self {
        case .createConversation: "createConversation"
        case .conversation: "conversation"
        case .updateConversation: "updateConversation"
        case .deleteConversation: "deleteConversation"
        case .conversations: "conversations"
        case .append: "append"
        case .reviseMessage: "reviseMessage"
        case .messages: "messages"
        case .forks: "forks"
        case .removeMessages: "removeMessages"
        case .restoreConversation: "restoreConversation"
        }
    }
}
