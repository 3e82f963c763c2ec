import ChatStorageCore

/// A conversation and its messages as they were at one moment.
///
/// They are read by several calls. Appends in between do no harm: they only add messages after those that the
/// conversation had when it was read. Only a conversation that was cleared, or deleted and made again, is read anew.
/// The metadata of a message can change in place; it is as it was when that message was read.
struct ConversationMoment {
    private static let attempts = 10

    let conversation: Conversation
    let messages: [Message]

    /// Reads a conversation.
    ///
    /// - Parameter limit: How many of the last messages; nil is all.
    /// - Returns: The conversation and its messages; nil if it does not exist.
    /// - Throws: ``Failure`` if the conversation is cleared or made again each time that it is read.
    static func read(
        _ id: ConversationID, limit: Int?, from storage: any ChatStorage
    ) async throws -> ConversationMoment? {
        guard var conversation = try await storage.conversation(id) else { return nil }
        for _ in 0..<attempts {
            let messages = try await messages(of: conversation, limit: limit, in: storage)
            guard let now = try await storage.conversation(id) else { return nil }
            if now.hasKeptMessages(of: conversation) {
                return ConversationMoment(conversation: conversation, messages: messages)
            }
            conversation = now
        }
        throw Failure("\(TerminalText.line(id.rawValue)) was cleared or made again each time it was read; try again")
    }

    /// The messages that the conversation had when it was read.
    private static func messages(
        of conversation: Conversation, limit: Int?, in storage: any ChatStorage
    ) async throws -> [Message] {
        if let limit {
            let (end, isBeyond) = conversation.lastSequence.addingReportingOverflow(1)
            return try await storage.messages(of: conversation.id, isBeyond ? .end : .before(end), limit: limit)
        }
        var messages: [Message] = []
        for try await message in storage.allMessages(of: conversation.id) {
            guard message.sequence <= conversation.lastSequence else { break }
            messages.append(message)
        }
        return messages
    }
}

extension Conversation {
    /// Whether all messages that the conversation had earlier are still there.
    fileprivate func hasKeptMessages(of earlier: Conversation) -> Bool {
        version.createdAt == earlier.version.createdAt && version.clearedThrough == earlier.version.clearedThrough
            && lastSequence >= earlier.lastSequence
    }
}
