import ChatStorageCore

extension Operation {
    static let conversationOperations = [
        createConversation, getConversation, getOrCreateConversation, updateTitle, listConversations,
        pageConversations, deleteConversation, restoreConversation,
    ]

    private static let createConversation = Operation(
        "create_conversation", .conversationID, .title, answer: .conversation("the conversation")
    ) { id, title in
        .createConversation(NewConversation(id, title: title))
    }

    private static let getConversation = Operation(
        "get_conversation", .conversationID, answer: .conversation("the conversation or null")
    ) { id in
        .conversation(id)
    }

    private static let getOrCreateConversation = Operation(
        "get_or_create_conversation", .conversationID, .title, answer: .conversation("the conversation")
    ) { id, title in
        .createConversation(NewConversation(id, title: title, ifExists: .keep))
    }

    private static let updateTitle = Operation(
        "update_conversation_title", .conversationID, .title, answer: .conversation("the conversation or null")
    ) { id, title in
        .updateConversation(id, .title(title))
    }

    private static let listConversations = Operation(
        "list_conversations", .limit(default: 50), answer: .conversations
    ) { limit in
        .conversations(ConversationQuery(limit: limit))
    }

    private static let pageConversations = Operation(
        "page_conversations", .limit(default: 50), .text("cursor", whenLeftOut: .words("none")),
        answer: .conversationPage
    ) { limit, cursor in
        .conversations(ConversationQuery(after: cursor.map(ConversationCursor.init(_:)), limit: limit))
    }

    private static let deleteConversation = Operation(
        "delete_conversation", .conversationID, answer: .existed
    ) { id in
        .deleteConversation(id)
    }

    private static let restoreConversation = Operation(
        "restore_conversation", .conversationID, .title, .time("created_at"), .time("updated_at"),
        .integer("last_sequence", whenLeftOut: "the last message's"), .restoredMessages,
        answer: .conversation("the conversation")
    ) { id, title, createdAt, updatedAt, lastSequence, messages in
        .restoreConversation(
            ConversationSnapshot(
                id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, lastSequence: lastSequence,
                messages: messages))
    }
}

extension OperationArgument where Value == [ConversationSnapshot.Message] {
    fileprivate static var restoredMessages: OperationArgument {
        objects("messages", .integer("id"), .role, .text("content"), .time("created_at"), .key) {
            @Sendable id, role, content, createdAt, key in
            ConversationSnapshot.Message(
                sequence: id, body: ChatMessage(role: role, content: content, key: key), createdAt: createdAt)
        }
    }
}
