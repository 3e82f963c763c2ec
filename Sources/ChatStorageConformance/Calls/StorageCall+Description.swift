import ChatStorageCore

extension StorageCall {
    /// The call with its arguments, texts cut short.
    fileprivate var words: String {
        switch self {
        case .createConversation(let new):
            "\(new.ifExists == .keep ? "getOrCreateConversation" : "createConversation")(\(summary(of: new.id)), "
                + "title: \(summary(of: new.title)))"
        case .conversation(let id):
            "conversation(\(summary(of: id)))"
        case .updateConversation(let id, let change):
            "updateConversation(\(summary(of: id)), \(change.words))"
        case .deleteConversation(let id):
            "deleteConversation(\(summary(of: id)))"
        case .conversations(let query):
            "conversations(after: \(summary(of: query.cursor?.text)), limit: \(query.limit))"
        case .append(let new):
            "append(\(summary(of: new.messages)), to: \(summary(of: new.conversationID)), if: \(new.condition.words))"
        case .messages(let query):
            "messages(of: \(summary(of: query.conversationID)), \(query.position), limit: \(query.limit))"
        case .removeMessages(let removal):
            "removeMessages(.\(removal.selection), of: \(summary(of: removal.conversationID)))"
        case .restoreConversation(let snapshot):
            "restoreConversation(\(summary(of: snapshot.conversation)), \(snapshot.messages.count) messages)"
        }
    }
}

extension StorageReply {
    fileprivate var words: String {
        switch self {
        case .conversation(let conversation): summary(of: conversation)
        case .existed(let existed): "\(existed)"
        case .conversations(let page): "\(summary(of: page.items)), next: \(summary(of: page.next?.text))"
        case .appended(let result): "\(summary(of: result.messages)), version: \(summary(of: result.version))"
        case .messages(let page): "\(summary(of: page.items))\(page.hasMore ? ", perhaps more" : "")"
        case .count(let count): "\(count)"
        }
    }
}

extension ConversationChange {
    fileprivate var words: String {
        newTitle.map { ".title(\(summary(of: $0)))" } ?? "nothing"
    }
}

extension AppendCondition {
    fileprivate var words: String {
        if let expectedVersion { return ".unchanged(\(summary(of: expectedVersion)))" }
        return createsConversation ? ".createIfMissing" : ".exists"
    }
}

/// A value as reports show it: texts as ASCII with escapes, and what is long cut short.
package func summary<Value>(of value: Value) -> String {
    switch value {
    case let call as StorageCall: call.words
    case let reply as StorageReply: reply.words
    case let text as String:
        quoted(text)
    case let id as ConversationID:
        quoted(id.rawValue)
    case let message as ChatMessage:
        "\(quoted(message.role.rawValue)) \(quoted(message.content))" + (message.key.map { " key \(quoted($0))" } ?? "")
    case let message as Message:
        """
        \(quoted(message.conversationID.rawValue)) \(message.sequence): \
        \(summary(of: message.body)) \
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
