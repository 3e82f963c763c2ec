package import ChatStorageCore

/// A call on a tenant's handle, as a value: it can be logged, repeated, compared and interfered with.
package enum StorageCall: Sendable {
    case createConversation(ConversationID, title: String?)
    case conversation(ConversationID)
    case getOrCreateConversation(ConversationID, title: String?)
    case updateTitle(of: ConversationID, to: String?)
    case deleteConversation(ConversationID)
    case conversations(after: ConversationCursor?, limit: Int)
    case append([ChatMessage], to: ConversationID, if: AppendCondition)
    case messages(of: ConversationID, MessagePosition, limit: Int)
    case clearMessages(of: ConversationID)
    case restoreConversation(ConversationSnapshot)

    /// Makes the call.
    @discardableResult
    package func perform(on storage: any ChatStorage) async throws -> StorageReply {
        switch self {
        case .createConversation(let id, let title):
            .conversation(try await storage.createConversation(id, title: title))
        case .conversation(let id):
            .conversation(try await storage.conversation(id))
        case .getOrCreateConversation(let id, let title):
            .conversation(try await storage.getOrCreateConversation(id, title: title))
        case .updateTitle(let id, let title):
            .conversation(try await storage.updateTitle(of: id, to: title))
        case .deleteConversation(let id):
            .existed(try await storage.deleteConversation(id))
        case .conversations(let cursor, let limit):
            .page(try await storage.conversations(after: cursor, limit: limit))
        case .append(let messages, let id, let condition):
            .messages(try await storage.append(messages, to: id, if: condition))
        case .messages(let id, let position, let limit):
            .messages(try await storage.messages(of: id, position, limit: limit))
        case .clearMessages(let id):
            .count(try await storage.clearMessages(of: id))
        case .restoreConversation(let snapshot):
            .conversation(try await storage.restoreConversation(snapshot))
        }
    }

    /// The id of the conversation that the call is about; nil for the calls that list conversations.
    package var id: ConversationID? {
        switch self {
        case .createConversation(let id, _), .conversation(let id), .getOrCreateConversation(let id, _),
            .updateTitle(let id, _), .deleteConversation(let id), .append(_, let id, _), .messages(let id, _, _),
            .clearMessages(let id):
            id
        case .restoreConversation(let snapshot): snapshot.id
        case .conversations: nil
        }
    }

    /// Valid calls of every operation, on one conversation.
    package static func ofEveryOperation(on id: ConversationID) -> [StorageCall] {
        ofEveryOperation(takingID: id) + [.conversations(after: nil, limit: 10), .conversations(after: nil, limit: 0)]
    }

    /// Valid calls of every operation that takes a conversation's id.
    package static func ofEveryOperation(takingID id: ConversationID) -> [StorageCall] {
        [
            .createConversation(id, title: nil),
            .conversation(id),
            .getOrCreateConversation(id, title: nil),
            .updateTitle(of: id, to: nil),
            .deleteConversation(id),
            .append([.user("one")], to: id, if: .createIfMissing),
            .append([.user("one")], to: id, if: .exists),
            .append([.user("one", key: "key")], to: id, if: .createIfMissing),
            .append([.user("one")], to: id, if: .unchanged(ConversationVersion(createdAt: .past, lastSequence: 0))),
            .append([], to: id, if: .createIfMissing),
            .messages(of: id, .end, limit: 10),
            .messages(of: id, .before(5), limit: 10),
            .messages(of: id, .after(0), limit: 10),
            .messages(of: id, .end, limit: 0),
            .clearMessages(of: id),
            .restoreConversation(ConversationSnapshot(id: id, createdAt: .past, updatedAt: .past)),
            .restoreConversation(.sample(id, title: "restored", messages: 3)),
        ]
    }
}

/// What a call returned.
package enum StorageReply: Sendable, Hashable {
    case conversation(Conversation?)
    case existed(Bool)
    case page(ConversationPage)
    case messages([Message])
    case count(Int)
}
