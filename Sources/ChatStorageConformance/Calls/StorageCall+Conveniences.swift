package import ChatStorageCore

/// Shorter ways to write calls, like those of ``ChatStorage``.
extension StorageCall {
    package static func createConversation(_ id: ConversationID, title: String?) -> StorageCall {
        .createConversation(NewConversation(id, title: title))
    }

    package static func getOrCreateConversation(_ id: ConversationID, title: String?) -> StorageCall {
        .createConversation(NewConversation(id, title: title, ifExists: .keep))
    }

    package static func deleteConversation(_ id: ConversationID) -> StorageCall {
        .deleteConversation(ConversationDeletion(id))
    }

    package static func updateTitle(of id: ConversationID, to title: String?) -> StorageCall {
        .updateConversation(id, .title(title))
    }

    package static func conversations(after cursor: ConversationCursor?, limit: Int) -> StorageCall {
        .conversations(ConversationQuery(after: cursor, limit: limit))
    }

    package static func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition = .createIfMissing
    ) -> StorageCall {
        .append(NewMessages(messages, to: id, if: condition))
    }

    package static func messages(
        of id: ConversationID, _ position: MessagePosition = .end, limit: Int
    ) -> StorageCall {
        .messages(MessageQuery(of: id, position, limit: limit))
    }

    package static func clearMessages(of id: ConversationID) -> StorageCall {
        .removeMessages(MessageRemoval(.all, of: id))
    }
}
