import ChatStorageCore
import ChatStorageJSON

extension Operation {
    static let messageOperations = [
        getHistory, getMessages, pageMessages, getForks, reviseMessage, removeMessages, clearMessages,
    ]

    private static let getHistory = Operation(
        "get_history", .conversationID, .limit(default: 20), .integer("before", whenLeftOut: "none"), .through,
        .allBranches, .states(default: .finished), answer: .history
    ) { (id: ConversationID, limit: Int, before: Int64?, through: Int64?, all: Bool?, states: MessageStates) in
        .messages(
            MessageQuery(
                of: id, before.map { .before($0) } ?? .end, on: try path(through, all), limit: limit, states: states))
    }

    private static let getMessages = Operation(
        "get_messages", .conversationID, .limit(default: 20), .through, .allBranches, .states(default: .all),
        .integers("ids", whenLeftOut: .words("none")), .texts("keys", whenLeftOut: .words("none")),
        answer: .messages("the last messages, or those asked for")
    ) {
        (
            id: ConversationID, limit: Int?, through: Int64?, all: Bool?, states: MessageStates?, ids: [Int64]?,
            keys: [String]?
        ) in
        // What is looked up is found on every branch and in every state.
        for (name, isGiven) in [
            ("limit", limit != nil), ("through", through != nil), ("all_branches", all == true),
            ("states", states != nil),
        ] {
            try refuseSeveral([(name, isGiven), ("ids", ids != nil), ("keys", keys != nil)])
        }
        if let ids { return .messages(MessageQuery(of: id, .sequences(ids))) }
        if let keys { return .messages(MessageQuery(of: id, .keys(keys))) }
        return .messages(
            MessageQuery(of: id, on: try path(through, all), limit: limit ?? 20, states: states ?? .all))
    }

    private static let pageMessages = Operation(
        "page_messages", .conversationID, .limit(default: 50), .integer("before", whenLeftOut: "none"),
        .integer("after", whenLeftOut: "none"), .through, .allBranches, .states(default: .all),
        answer: .messages("messages")
    ) {
        (
            id: ConversationID, limit: Int, before: Int64?, after: Int64?, through: Int64?, all: Bool?,
            states: MessageStates
        ) in
        try refuseSeveral([("before", before != nil), ("after", after != nil)])
        let position: MessagePosition = before.map { .before($0) } ?? after.map { .after($0) } ?? .end
        return .messages(
            MessageQuery(of: id, position, on: try path(through, all), limit: limit, states: states))
    }

    private static let getForks = Operation("get_forks", .conversationID, answer: .forks) { id in .forks(id) }

    private static let reviseMessage = Operation(
        "revise_message", .conversationID, .integer("id"), .answer, .metadata("metadata", whenLeftOut: .words("kept")),
        .metadata("set_metadata"), .removedMetadata, answer: .revisedMessage
    ) { id, sequence, answer, metadata, set, removed in
        let change = try metadataChange(metadata, set, removed)
        return .reviseMessage(
            answer?.revision(of: id, sequence, metadata: change) ?? MessageRevision(of: id, sequence, metadata: change))
    }

    private static let removeMessages = Operation(
        "remove_messages", .conversationID, .integers("ids", or: "from"), .integer("from", whenLeftOut: "none"),
        answer: .count
    ) { (id: ConversationID, ids: [Int64]?, from: Int64?) in
        try refuseSeveral([("ids", ids != nil), ("from", from != nil)])
        let selection: MessageRemoval.Selection = from.map { .from($0) } ?? .messages(ids ?? [])
        return .removeMessages(MessageRemoval(selection, of: id))
    }

    private static let clearMessages = Operation("clear_messages", .conversationID, answer: .count) { id in
        .removeMessages(MessageRemoval(.all, of: id))
    }
}

/// What the writer of an answer under way says of it now.
struct RevisedAnswer: Sendable {
    let base: MessageRevision.Base
    /// Nil keeps what it said before.
    let body: ChatMessage?
    let state: MessageState?

    /// The request to write it.
    func revision(of id: ConversationID, _ sequence: Int64, metadata: MetadataChange) -> MessageRevision {
        MessageRevision(of: id, sequence, from: base, body: body, state: state, metadata: metadata)
    }
}

extension OperationArgument where Value == RevisedAnswer? {
    fileprivate static var answer: OperationArgument {
        object(
            "answer", .time("created_at"), .integer("revision"), .text("content", whenLeftOut: .words("kept")),
            .parts(whenLeftOut: "kept"), .native, .state(whenLeftOut: .value(.string("streaming")))
        ) { @Sendable createdAt, revision, content, parts, native, state in
            let isSaid = content != nil || parts != nil
            guard isSaid || native == nil else {
                throw InvalidRequest("answer.native is given without what the answer says: content or parts")
            }
            let body = try ChatMessage(.assistant, content, parts, metadata: [:], native: native, key: nil)
            return RevisedAnswer(
                base: .init(createdAt: createdAt, revision: revision), body: isSaid ? body : nil, state: state)
        }
    }
}
