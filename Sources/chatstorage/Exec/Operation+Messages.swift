import ChatStorageCore

extension Operation {
    static let messageOperations = [
        saveMessage, saveMessages, getHistory, getMessages, pageMessages, clearMessages,
    ]

    private static let saveMessage = Operation(
        "save_message", .conversationID, .role, .text("content"), .key, .autoCreate, .unchanged,
        answer: .appendedMessage
    ) { id, role, content, key, creates, version in
        let message = ChatMessage(role: role, content: content, key: key)
        return .append(NewMessages([message], to: id, if: try condition(creates, version)))
    }

    private static let saveMessages = Operation(
        "save_messages", .conversationID, .newMessages, .autoCreate, .unchanged, answer: .appendedMessages
    ) { id, messages, creates, version in
        .append(NewMessages(messages, to: id, if: try condition(creates, version)))
    }

    private static let getHistory = Operation(
        "get_history", .conversationID, .limit(default: 20), answer: .history
    ) { id, limit in
        .messages(MessageQuery(of: id, limit: limit))
    }

    private static let getMessages = Operation(
        "get_messages", .conversationID, .limit(default: 20), answer: .messages("the last messages")
    ) { id, limit in
        .messages(MessageQuery(of: id, limit: limit))
    }

    private static let pageMessages = Operation(
        "page_messages", .conversationID, .limit(default: 50), .integer("before", whenLeftOut: "none"),
        .integer("after", whenLeftOut: "none"), answer: .messages("messages")
    ) { id, limit, before, after in
        .messages(MessageQuery(of: id, try position(before: before, after: after), limit: limit))
    }

    private static let clearMessages = Operation("clear_messages", .conversationID, answer: .count) { id in
        .removeMessages(MessageRemoval(.all, of: id))
    }

    private static func condition(_ creates: Bool?, _ version: ConversationVersion?) throws -> AppendCondition {
        guard let version else { return creates ?? true ? .createIfMissing : .exists }
        guard creates != true else {
            throw InvalidRequest("auto_create_conversation is true although if_unchanged needs the conversation")
        }
        return .unchanged(version)
    }

    private static func position(before: Int64?, after: Int64?) throws -> MessagePosition {
        switch (before, after) {
        case (nil, nil): .end
        case (let sequence?, nil): .before(sequence)
        case (nil, let sequence?): .after(sequence)
        default: throw InvalidRequest("before and after are given both")
        }
    }
}

extension OperationArgument where Value == [ChatMessage] {
    fileprivate static var newMessages: OperationArgument {
        objects("messages", .role, .text("content"), .key) { @Sendable role, content, key in
            ChatMessage(role: role, content: content, key: key)
        }
    }
}

extension OperationArgument where Value == Bool? {
    fileprivate static var autoCreate: OperationArgument { boolean("auto_create_conversation", default: true) }
}

extension OperationArgument where Value == ConversationVersion? {
    fileprivate static var unchanged: OperationArgument {
        object("if_unchanged", .time("created_at"), .integer("last_id")) { @Sendable createdAt, lastSequence in
            ConversationVersion(createdAt: createdAt, lastSequence: lastSequence)
        }
    }
}
