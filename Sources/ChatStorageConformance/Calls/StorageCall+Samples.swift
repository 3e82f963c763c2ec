package import ChatStorageCore

extension StorageCall {
    /// Valid calls of every operation, on one conversation.
    package static func ofEveryOperation(on id: ConversationID) -> [StorageCall] {
        ofEveryOperation(takingID: id) + [
            .conversations(after: nil, limit: 10), .conversations(after: nil, limit: 0),
            .conversations(ConversationQuery(limit: 10, with: ["pinned"], without: ["archived"], preview: 20)),
        ]
    }

    /// Valid calls of every operation that takes a conversation's id.
    package static func ofEveryOperation(takingID id: ConversationID) -> [StorageCall] {
        [
            .createConversation(id, title: nil),
            .conversation(id),
            .getOrCreateConversation(id, title: nil),
            .updateTitle(of: id, to: nil),
            .updateConversation(id, ConversationChange()),
            .updateConversation(
                id,
                .adding(label: "pinned").read(through: 1).metadata(.setting("colour", to: "red")).titleIfNone("none")),
            .deleteConversation(id),
            .append([.user("one")], to: id),
            .append([.user("one")], to: id, if: .exists),
            .append([.user("one", key: "key")], to: id),
            .append([.user("one")], to: id, if: .unchanged(ConversationVersion(createdAt: .past, lastSequence: 0))),
            .append([], to: id),
            .append(NewMessages([.user("one")], to: id, if: .create(title: "first", labels: ["new"]), marksRead: true)),
            .append([.assistant([.reasoning("why"), .toolCall("f", callID: "1", input: "{}")])], to: id),
            .reviseMessage(MessageRevision(of: id, 1, metadata: .setting("rating", to: 1))),
            .messages(of: id, limit: 10),
            .messages(of: id, .before(5), limit: 10),
            .messages(of: id, .after(0), limit: 10),
            .messages(of: id, limit: 0),
            .messages(MessageQuery(of: id, .sequences([1, 2]))),
            .messages(MessageQuery(of: id, .keys(["key"]))),
            .messages(MessageQuery(of: id, .after(0), on: .all, limit: 10, states: .finished)),
            .messages(MessageQuery(of: id, on: .through(0), limit: 10)),
            .forks(id),
            .append(NewMessages([.user("other")], to: id, .after(0), movesHead: false)),
            .append(NewMessages([.assistant("...")], to: id, isStreaming: true)),
            .updateConversation(id, .head(0)),
            .reviseMessage(
                MessageRevision(
                    of: id, 1, from: .init(createdAt: .past, revision: 1), body: .assistant("more"), state: .stopped)),
            .removeMessages(MessageRemoval(.messages([1, 2]), of: id)),
            .removeMessages(MessageRemoval(.from(1), of: id)),
            .clearMessages(of: id),
            .restoreConversation(ConversationSnapshot(id: id, createdAt: .past, updatedAt: .past)),
            .restoreConversation(.sample(id, title: "restored", messages: 3)),
        ]
    }
}
