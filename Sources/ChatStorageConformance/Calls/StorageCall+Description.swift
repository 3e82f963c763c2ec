import ChatStorageCore

extension StorageCall: CustomStringConvertible {
    package var description: String {
        switch self {
        case .createConversation(let id, let title):
            "createConversation(\(summary(of: id)), title: \(summary(of: title)))"
        case .conversation(let id):
            "conversation(\(summary(of: id)))"
        case .getOrCreateConversation(let id, let title):
            "getOrCreateConversation(\(summary(of: id)), title: \(summary(of: title)))"
        case .updateTitle(let id, let title):
            "updateTitle(of: \(summary(of: id)), to: \(summary(of: title)))"
        case .deleteConversation(let id):
            "deleteConversation(\(summary(of: id)))"
        case .conversations(let cursor, let limit):
            "conversations(after: \(summary(of: cursor?.text)), limit: \(limit))"
        case .append(let messages, let id, let condition):
            "append(\(summary(of: messages)), to: \(summary(of: id)), if: \(condition.words))"
        case .messages(let id, let position, let limit):
            "messages(of: \(summary(of: id)), .\(position), limit: \(limit))"
        case .clearMessages(let id):
            "clearMessages(of: \(summary(of: id)))"
        case .restoreConversation(let snapshot):
            "restoreConversation(\(summary(of: snapshot.conversation)), \(snapshot.messages.count) messages)"
        }
    }
}

extension StorageReply: CustomStringConvertible {
    package var description: String {
        switch self {
        case .conversation(let conversation): summary(of: conversation)
        case .existed(let existed): "\(existed)"
        case .page(let page): "\(summary(of: page.items)), next: \(summary(of: page.next?.text))"
        case .messages(let messages): summary(of: messages)
        case .count(let count): "\(count)"
        }
    }
}

extension AppendCondition {
    fileprivate var words: String {
        switch self {
        case .createIfMissing: ".createIfMissing"
        case .exists: ".exists"
        case .unchanged(let version): ".unchanged(\(summary(of: version)))"
        }
    }
}

/// A value as reports show it: texts as ASCII with escapes, and what is long cut short.
func summary<Value>(of value: Value) -> String {
    switch value {
    case let text as String:
        quoted(text)
    case let id as ConversationID:
        quoted(id.rawValue)
    case let message as ChatMessage:
        "\(quoted(message.role.rawValue)) \(quoted(message.content))" + (message.key.map { " key \(quoted($0))" } ?? "")
    case let message as Message:
        """
        \(quoted(message.conversationID.rawValue)) \(message.sequence): \
        \(summary(of: ChatMessage(role: message.role, content: message.content, key: message.key))) \
        \(message.createdAt)
        """
    case let conversation as Conversation:
        """
        \(quoted(conversation.id.rawValue)) title \(summary(of: conversation.title)), created \
        \(conversation.createdAt), updated \(conversation.updatedAt), last sequence \(conversation.lastSequence)
        """
    case let version as ConversationVersion:
        "created \(version.createdAt), last sequence \(version.lastSequence)"
    case let values as [Any]:
        "[" + values.prefix(3).map { summary(of: $0) }.joined(separator: "; ")
            + (values.count > 3 ? "; ... \(values.count) in all]" : "]")
    case let optional as any OptionalValue:
        optional.wrapped.map { summary(of: $0) } ?? "nil"
    default:
        "\(value)"
    }
}

/// An optional of any type, which Swift cannot match otherwise.
private protocol OptionalValue {
    var wrapped: Any? { get }
}

extension Optional: OptionalValue {
    fileprivate var wrapped: Any? { self }
}

private func quoted(_ text: String) -> String {
    let shown = 40
    let cut = text.unicodeScalars.prefix(shown).map { $0.escaped(asASCII: true) }.joined()
    return text.unicodeScalars.dropFirst(shown).isEmpty ? "\"\(cut)\"" : "\"\(cut)...\" (\(text.utf8.count) bytes)"
}
