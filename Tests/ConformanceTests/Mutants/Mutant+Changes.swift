import ChatStorageCore

extension ChatStorage {
    /// The highest sequence of a message; nil if there is none.
    func newest(of id: ConversationID) async throws -> Int64? {
        try await messages(MessageQuery(of: id, on: .all, limit: 1)).items.last?.sequence
    }

    /// A stored message; nil if it is not there.
    func message(_ sequence: Int64, of id: ConversationID) async throws -> Message? {
        try await messages(MessageQuery(of: id, .sequences([sequence]))).items.first
    }
}

/// What mutants of branches and answers change in calls and replies.
extension StorageCall {
    func mappingAppend(_ change: (inout NewMessages) -> Void) -> StorageCall {
        guard case .append(var new) = self else { return self }
        change(&new)
        return .append(new)
    }

    func mappingQuery(_ change: (inout MessageQuery) -> Void) -> StorageCall {
        guard case .messages(var query) = self, query.lookup == nil else { return self }
        change(&query)
        return .messages(query)
    }

    func mappingSnapshot(_ change: (inout ConversationSnapshot) -> Void) -> StorageCall {
        guard case .restoreConversation(var snapshot) = self else { return self }
        change(&snapshot)
        return .restoreConversation(snapshot)
    }
}

extension StorageReply {
    func mappingConversations(_ change: (Conversation) -> Conversation) -> StorageReply {
        switch self {
        case .conversation(let conversation?): .conversation(change(conversation))
        case .conversations(let page):
            .conversations(ConversationPage(items: page.items.map(change), next: page.next))
        default: self
        }
    }

    func mappingMessages(_ change: (Message) -> Message) -> StorageReply {
        switch self {
        case .message(let message): .message(change(message))
        case .messages(let page):
            .messages(MessagePage(items: page.items.map(change), hasMore: page.hasMore, through: page.through))
        case .appended(let result):
            .appended(AppendResult(messages: result.messages.map(change), version: result.version))
        default: self
        }
    }
}

extension Message {
    /// The same message with another predecessor.
    func with(predecessor: Int64?) -> Message {
        Message(
            conversationID: conversationID, sequence: sequence, body: body, createdAt: createdAt,
            predecessor: predecessor, writing: writing)
    }

    /// The same message, written otherwise.
    func with(writing: MessageWriting) -> Message {
        Message(
            conversationID: conversationID, sequence: sequence, body: body, createdAt: createdAt,
            predecessor: predecessor, writing: writing)
    }
}

extension Conversation {
    /// The same conversation with another number of messages, or other branches.
    func with(messageCount: Int? = nil, isBranched: Bool? = nil) -> Conversation {
        Conversation(
            id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, lastSequence: lastSequence,
            messageCount: messageCount ?? self.messageCount, readThrough: readThrough, labels: labels,
            metadata: metadata, clearedThrough: version.clearedThrough, preview: preview, head: head,
            isBranched: isBranched ?? self.isBranched)
    }
}
