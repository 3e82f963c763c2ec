import ChatStorageCore

/// What an append stored: consecutive sequences and one time, in a conversation of a version.
struct Appended: Sendable {
    let firstSequence: Int64
    let time: Timestamp
    let conversationCreatedAt: Timestamp
    let clearedThrough: Int64

    /// What the append's caller gets.
    func result(_ messages: [ChatMessage], of id: ConversationID) -> AppendResult {
        let stored = messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: firstSequence + Int64(index), body: message, createdAt: time)
        }
        let version = ConversationVersion(
            createdAt: conversationCreatedAt, lastSequence: firstSequence + Int64(messages.count) - 1,
            clearedThrough: clearedThrough)
        return AppendResult(messages: stored, version: version)
    }

    static let damage = ChatStorageError(
        .damaged, "the database stored other messages than it was given")
}
