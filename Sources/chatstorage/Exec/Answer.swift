import ChatStorageCore
import ChatStorageJSON
import ChatStorageTransfer

/// An operation's answer: in words for the help, and as JSON made of the store's reply.
struct Answer: Sendable {
    let text: String
    /// The JSON; nil for a reply to another call.
    let json: @Sendable (StorageReply) -> JSONOutput?

    /// Whether the request has one message's own members, so that errors name them without a place in a list.
    let isOfOneMessage: Bool

    private init(
        _ text: String, isOfOneMessage: Bool = false, json: @escaping @Sendable (StorageReply) -> JSONOutput?
    ) {
        self.text = text
        self.isOfOneMessage = isOfOneMessage
        self.json = json
    }

    /// The members of the answer's line: `ok`, and beside it where the path of a page ends; nil for a reply to another
    /// call.
    func members(of reply: StorageReply) -> [(key: String, value: JSONOutput)]? {
        guard let json = json(reply) else { return nil }
        guard case .messages(let page) = reply, let through = page.through else { return [("ok", json)] }
        return [("ok", json), ("through", .integer(through))]
    }

    static func conversation(_ text: String) -> Answer {
        Answer(text) {
            guard case .conversation(let conversation) = $0 else { return nil }
            return conversation?.json ?? .null
        }
    }

    static let deleted = Answer("whether it existed and was deleted") {
        guard case .existed(let existed) = $0 else { return nil }
        return .boolean(existed)
    }

    static let conversations = Answer("conversations, newest first") {
        guard case .conversations(let page) = $0 else { return nil }
        return .array(page.items.map(\.json))
    }

    static let conversationPage = Answer(#"{"items": [...], "next": cursor}"#) {
        guard case .conversations(let page) = $0 else { return nil }
        return .object([("items", .array(page.items.map(\.json))), ("next", .string(orNull: page.next?.text))])
    }

    static let appendedMessage = Answer("the message", isOfOneMessage: true) {
        guard case .appended(let result) = $0 else { return nil }
        return result.messages.first?.json
    }

    static let appendedMessages = Answer("the messages, saved all or none") {
        guard case .appended(let result) = $0 else { return nil }
        return .array(result.messages.map(\.json))
    }

    static func messages(_ text: String) -> Answer {
        Answer(text) {
            guard case .messages(let page) = $0 else { return nil }
            return .array(page.items.map(\.json))
        }
    }

    static let revisedMessage = Answer("the message") {
        guard case .message(let message) = $0 else { return nil }
        return message.json
    }

    static let history = Answer(#"the last [{"role", "content"}]"#) {
        guard case .messages(let page) = $0 else { return nil }
        return .array(ChatMessage.history(page.items).map(\.json))
    }

    static let forks = Answer(#"[{"after", "successors"}], lowest first"#) {
        guard case .forks(let forks) = $0 else { return nil }
        return .array(forks.map(\.json))
    }

    static let count = Answer("how many were removed") {
        guard case .count(let count) = $0 else { return nil }
        return .integer(Int64(count))
    }
}

/// A store replied to a call with what another call returns.
struct WrongReply: Error {}
