import ChatStorageCore

extension Operation {
    static let messageOperations = [
        saveMessage, saveMessages, getHistory, getMessages, pageMessages, reviseMessage, clearMessages,
    ]

    private static let saveMessage = Operation(
        "save_message", .conversationID, .role, .content, .parts, .metadata(), .native, .key, .marksRead,
        .autoCreate, .newConversation, .unchanged, answer: .appendedMessage
    ) { id, role, content, parts, metadata, native, key, marksRead, creates, values, version in
        let message = try ChatMessage(role, content, parts, metadata: metadata, native: native, key: key)
        return .append(
            NewMessages(
                [message], to: id, if: try condition(creates, values, version), marksRead: marksRead ?? false))
    }

    private static let saveMessages = Operation(
        "save_messages", .conversationID, .newMessages, .marksRead, .autoCreate, .newConversation, .unchanged,
        answer: .appendedMessages
    ) { id, messages, marksRead, creates, values, version in
        .append(
            NewMessages(
                messages, to: id, if: try condition(creates, values, version), marksRead: marksRead ?? false))
    }

    private static let getHistory = Operation(
        "get_history", .conversationID, .limit(default: 20), answer: .history
    ) { (id: ConversationID, limit: Int) in
        .messages(MessageQuery(of: id, limit: limit))
    }

    private static let getMessages = Operation(
        "get_messages", .conversationID, .limit(default: 20), .integers("ids", whenLeftOut: .words("none")),
        .texts("keys", whenLeftOut: .words("none")), answer: .messages("the last messages, or those asked for")
    ) { (id: ConversationID, limit: Int?, ids: [Int64]?, keys: [String]?) in
        try refuseSeveral([("limit", limit != nil), ("ids", ids != nil), ("keys", keys != nil)])
        if let ids { return .messages(MessageQuery(of: id, .sequences(ids))) }
        if let keys { return .messages(MessageQuery(of: id, .keys(keys))) }
        return .messages(MessageQuery(of: id, limit: limit ?? 20))
    }

    private static let pageMessages = Operation(
        "page_messages", .conversationID, .limit(default: 50), .integer("before", whenLeftOut: "none"),
        .integer("after", whenLeftOut: "none"), answer: .messages("messages")
    ) { (id: ConversationID, limit: Int, before: Int64?, after: Int64?) in
        try refuseSeveral([("before", before != nil), ("after", after != nil)])
        let position: MessagePosition = before.map { .before($0) } ?? after.map { .after($0) } ?? .end
        return .messages(MessageQuery(of: id, position, limit: limit))
    }

    private static let reviseMessage = Operation(
        "revise_message", .conversationID, .integer("id"), .metadata("metadata", whenLeftOut: .words("kept")),
        .metadata("set_metadata"), .removedMetadata, answer: .revisedMessage
    ) { id, sequence, metadata, set, removed in
        .reviseMessage(MessageRevision(of: id, sequence, metadata: try metadataChange(metadata, set, removed)))
    }

    private static let clearMessages = Operation("clear_messages", .conversationID, answer: .count) { id in
        .removeMessages(MessageRemoval(.all, of: id))
    }

    private static func condition(
        _ creates: Bool?, _ values: AppendCondition?, _ version: ConversationVersion?
    ) throws -> AppendCondition {
        if let version {
            guard creates != true else {
                throw InvalidRequest("auto_create_conversation is true although if_unchanged needs the conversation")
            }
            try refuseSeveral([("new_conversation", values != nil), ("if_unchanged", true)])
            return .unchanged(version)
        }
        guard creates ?? true else {
            guard values == nil else {
                throw InvalidRequest("new_conversation is given although auto_create_conversation is false")
            }
            return .exists
        }
        return values ?? .createIfMissing
    }
}

extension OperationArgument where Value == [ChatMessage] {
    fileprivate static var newMessages: OperationArgument {
        objects("messages", .role, .content, .parts, .metadata(), .native, .key) {
            @Sendable role, content, parts, metadata, native, key in
            try ChatMessage(role, content, parts, metadata: metadata, native: native, key: key)
        }
    }
}

extension OperationArgument where Value == Bool? {
    fileprivate static var autoCreate: OperationArgument { boolean("auto_create_conversation", default: true) }
    fileprivate static var marksRead: OperationArgument { boolean("mark_read", default: false) }
}

extension OperationArgument where Value == AppendCondition? {
    fileprivate static var newConversation: OperationArgument {
        object("new_conversation", .title, .labels(), .metadata()) { @Sendable title, labels, metadata in
            AppendCondition.create(title: title, labels: labels, metadata: metadata)
        }
    }
}

extension OperationArgument where Value == ConversationVersion? {
    fileprivate static var unchanged: OperationArgument {
        object(
            "if_unchanged", .time("created_at"), .integer("last_id"), .integer("cleared_through", whenLeftOut: "0")
        ) { @Sendable createdAt, lastSequence, clearedThrough in
            ConversationVersion(
                createdAt: createdAt, lastSequence: lastSequence, clearedThrough: clearedThrough ?? 0)
        }
    }
}
