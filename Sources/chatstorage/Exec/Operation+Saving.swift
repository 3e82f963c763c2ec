import ChatStorageCore

extension Operation {
    static let savingOperations = [saveMessage, saveMessages]

    private static let saveMessage = Operation(
        "save_message", .conversationID, .role, .content, .parts, .metadata(), .native, .key, .marksRead,
        .after, .insteadOf, .movesHead, .streaming, .autoCreate, .newConversation, .unchanged, answer: .appendedMessage
    ) {
        id, role, content, parts, metadata, native, key, marksRead, after, replaced, movesHead, isStreaming, creates,
        values, version in
        let message = try ChatMessage(role, content, parts, metadata: metadata, native: native, key: key)
        return .append(
            NewMessages(
                [message], to: id, try place(after, replaced), if: try condition(creates, values, version),
                movesHead: movesHead ?? true, isStreaming: isStreaming ?? false, marksRead: marksRead ?? false))
    }

    private static let saveMessages = Operation(
        "save_messages", .conversationID, .newMessages, .marksRead, .after, .insteadOf, .movesHead, .streaming,
        .autoCreate, .newConversation, .unchanged, answer: .appendedMessages
    ) { id, messages, marksRead, after, replaced, movesHead, isStreaming, creates, values, version in
        .append(
            NewMessages(
                messages, to: id, try place(after, replaced), if: try condition(creates, values, version),
                movesHead: movesHead ?? true, isStreaming: isStreaming ?? false, marksRead: marksRead ?? false))
    }

    private static func place(_ predecessor: Int64?, _ replaced: Int64?) throws -> AppendPlace {
        try refuseSeveral([("after", predecessor != nil), ("instead_of", replaced != nil)])
        return predecessor.map { .after($0) } ?? replaced.map { .insteadOf($0) } ?? .head
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

extension OperationArgument where Value == Int64? {
    fileprivate static var after: OperationArgument { integer("after", whenLeftOut: "the head") }
    fileprivate static var insteadOf: OperationArgument { integer("instead_of", whenLeftOut: "none") }
}

extension OperationArgument where Value == Bool? {
    fileprivate static var autoCreate: OperationArgument { boolean("auto_create_conversation", default: true) }
    fileprivate static var marksRead: OperationArgument { boolean("mark_read", default: false) }
    fileprivate static var movesHead: OperationArgument { boolean("moves_head", default: true) }
    fileprivate static var streaming: OperationArgument { boolean("streaming", default: false) }
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
            "if_unchanged", .time("created_at"), .integer("last_id"), .integer("cleared_through", whenLeftOut: "0"),
            .integer("head", whenLeftOut: "the newest message")
        ) { @Sendable createdAt, lastSequence, clearedThrough, head in
            ConversationVersion(
                createdAt: createdAt, lastSequence: lastSequence, clearedThrough: clearedThrough ?? 0, head: head)
        }
    }
}
