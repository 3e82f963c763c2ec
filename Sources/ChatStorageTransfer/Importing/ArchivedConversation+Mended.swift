import ChatStorageCore

extension ArchivedConversation {
    /// The conversation as it is stored, mended if it is to be, and what was mended in it by its reader and here.
    func storable(importTime: Timestamp) -> (snapshot: ConversationSnapshot, mended: [Mending: Int]) {
        let snapshot = snapshot(importTime: importTime)
        guard isToBeMended else { return (snapshot, mended) }
        let (result, more) = snapshot.mended()
        return (result, mended.merging(more, uniquingKeysWith: +))
    }

    /// The conversation with its messages' bodies and times taken from a mended snapshot.
    func mended(as snapshot: ConversationSnapshot) -> ArchivedConversation {
        guard isToBeMended else { return self }
        var conversation = self
        for (index, mended) in snapshot.messages.enumerated() {
            conversation.messages[index].body = mended.body
            if messages[index].createdAt != nil { conversation.messages[index].createdAt = mended.createdAt }
        }
        return conversation
    }

    /// The end of a sentence about a fault that a lenient import would mend; empty if it would not.
    func advice(to snapshot: ConversationSnapshot) -> String {
        guard !isToBeMended else { return "" }
        let (result, kinds) = snapshot.mended()
        guard !kinds.isEmpty, (try? Validation.check(result, roles: .withTools)) != nil else { return "" }
        return "; a lenient import mends \(kinds.keys.map(\.description).sorted().joined(separator: "; "))"
    }
}
