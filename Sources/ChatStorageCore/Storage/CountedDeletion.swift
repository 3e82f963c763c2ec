/// The deletion of a conversation that was listed, and what it had when it was deleted.
///
/// A deletion says only whether it happened. So each attempt is made on the condition that the conversation was not
/// updated since it was read; what was read then is what was deleted.
struct CountedDeletion {
    private static let conditionalAttempts = 5

    /// Which conversation.
    let id: ConversationID
    /// The conversation as it was deleted; nil if it was not.
    private(set) var deleted: Conversation?
    /// Whether others had changed or deleted it since it was listed.
    private(set) var hadChanged = false

    /// Deletes a conversation.
    ///
    /// - Parameters:
    ///   - listed: The conversation as it was listed.
    ///   - deletion: Which conversation is deleted, and on what condition.
    init(
        of listed: Conversation, as deletion: ConversationDeletion, in storage: any ChatStorage
    ) async throws {
        id = deletion.id
        var current = listed
        for _ in 0..<Self.conditionalAttempts {
            if try await storage.deleteConversation(deletion.ifNotUpdated(since: current)) {
                deleted = current
                return
            }
            hadChanged = true
            // The conversation is not there. If the backend lists what it cannot find, it may throw in the last
            // attempt below.
            guard let now = try await storage.conversation(deletion.id) else { break }
            guard deletion.applies(to: now) else { return }
            current = now
        }
        if try await storage.deleteConversation(deletion) { deleted = current }
    }
}

extension ConversationDeletion {
    /// The same deletion, on the condition that the conversation was not updated since it was read.
    fileprivate func ifNotUpdated(since conversation: Conversation) -> ConversationDeletion {
        // No time comes after the latest one.
        guard conversation.updatedAt < .latest else { return self }
        let next = Timestamp(microsecondsSinceEpoch: conversation.updatedAt.microsecondsSinceEpoch + 1)
        var deletion = self
        deletion.updatedBefore = updatedBefore.map { min($0, next) } ?? next
        return deletion
    }
}
