import ChatStorageCore

/// What an append stored: consecutive sequences and one time, and the conversation's version.
struct Appended: Sendable {
    let firstSequence: Int64
    let time: Timestamp
    let conversationCreatedAt: Timestamp
    let clearedThrough: Int64
    /// The message that the first of them follows, if that is not the one before it.
    var parent: Int64?
    /// The conversation's head, if that is not the last of them.
    var head: Int64?

    /// The result for the caller of an append without a place.
    func result(_ messages: [ChatMessage], of id: ConversationID) -> AppendResult {
        let stored = messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: firstSequence + Int64(index), body: message, createdAt: time)
        }
        return AppendResult(messages: stored, version: version(messages.count))
    }

    /// The result for the append's caller.
    func result(_ new: NewMessages) -> AppendResult {
        let stored = new.messages.enumerated().map { index, message in
            Message(
                conversationID: new.conversationID, sequence: firstSequence + Int64(index), body: message,
                createdAt: time, predecessor: index == 0 ? parent : nil, writing: new.writing(at: index))
        }
        return AppendResult(messages: stored, version: version(new.messages.count))
    }

    private func version(_ count: Int) -> ConversationVersion {
        ConversationVersion(
            createdAt: conversationCreatedAt, lastSequence: firstSequence + Int64(count) - 1,
            clearedThrough: clearedThrough, head: head)
    }

    static let damage = ChatStorageError(
        .damaged, "the database stored other messages than it was given")
}
