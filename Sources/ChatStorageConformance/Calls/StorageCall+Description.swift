import ChatStorageCore

extension StorageCall {
    /// The call with its arguments, texts cut short.
    fileprivate var words: String {
        switch self {
        case .createConversation(let new):
            "\(new.ifExists == .keep ? "getOrCreateConversation" : "createConversation")(\(summary(of: new.id)), "
                + "title: \(summary(of: new.title))\(list(new.labels, new.metadata)))"
        case .conversation(let id):
            "conversation(\(summary(of: id)))"
        case .updateConversation(let id, let change):
            "updateConversation(\(summary(of: id)), \(change.words))"
        case .deleteConversation(let deletion):
            "deleteConversation(\(summary(of: deletion.id))"
                + (deletion.updatedBefore.map { ", updatedBefore: \($0)" } ?? "")
                + (deletion.without.isEmpty ? "" : ", without: \(list(deletion.without))") + ")"
        case .conversations(let query):
            "conversations(after: \(summary(of: query.cursor?.text)), limit: \(query.limit)"
                + (query.with.isEmpty ? "" : ", with: \(list(query.with))")
                + (query.without.isEmpty ? "" : ", without: \(list(query.without))")
                + (query.preview.map { ", preview: \($0)" } ?? "") + ")"
        case .append(let new):
            "append(\(summary(of: new.messages)), to: \(summary(of: new.conversationID)), if: \(new.condition.words)"
                + (new.place == .head ? "" : ", \(new.place.words)") + (new.movesHead ? "" : ", movesHead: false")
                + (new.isStreaming ? ", isStreaming: true" : "") + (new.marksRead ? ", marksRead: true)" : ")")
        case .reviseMessage(let revision):
            "reviseMessage(of: \(summary(of: revision.conversationID)), \(revision.sequence)\(revision.words))"
        case .messages(let query) where query.lookup != nil:
            "messages(of: \(summary(of: query.conversationID)), .\(query.lookup.map { "\($0)" } ?? ""))"
        case .messages(let query):
            "messages(of: \(summary(of: query.conversationID)), \(query.position)"
                + (query.path == .current ? "" : ", on: .\(query.path)") + ", limit: \(query.limit)"
                + (query.states == .all ? "" : ", states: \(query.states.rawValue)") + ")"
        case .forks(let id):
            "forks(of: \(summary(of: id)))"
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
        case .message(let message): summary(of: message)
        case .messages(let page):
            "\(summary(of: page.items))\(page.hasMore ? ", perhaps more" : "")"
                + (page.through.map { ", through \($0)" } ?? "")
        case .forks(let forks):
            summary(of: forks.map { "after \($0.after): \($0.successors.map { "\($0.sequence) to \($0.newestEnd)" })" })
        case .count(let count): "\(count)"
        }
    }
}

extension ConversationChange {
    fileprivate var words: String {
        let changes = [
            newTitle.map { ".title(\(summary(of: $0)))" }, titleIfNone.map { ".titleIfNone(\(summary(of: $0)))" },
            keepsPlace ? ".keepingPlace()" : nil, addedLabels.isEmpty ? nil : ".adding\(list(addedLabels))",
            removedLabels.isEmpty ? nil : ".removing\(list(removedLabels))",
            metadata.isEmpty ? nil : ".metadata(\(metadata.words))", readThrough.map { ".read(through: \($0))" },
            unreadFrom.map { ".unread(from: \($0))" }, newHead.map { ".head(\($0))" },
        ]
        let words = changes.compactMap(\.self).joined()
        return words.isEmpty ? "nothing" : words
    }
}

extension AppendPlace {
    fileprivate var words: String {
        predecessor.map { "after: \($0)" } ?? replaced.map { "insteadOf: \($0)" } ?? "at the head"
    }
}

extension MessageRevision {
    fileprivate var words: String {
        let changes = [
            base.map { ", of \($0.createdAt) revision \($0.revision)" }, body.map { ", body: \(summary(of: $0))" },
            state.map { ", state: .\($0)" }, metadata.isEmpty ? nil : ", \(metadata.words)",
        ]
        return changes.compactMap(\.self).joined()
    }
}

extension MessageWriting {
    fileprivate var words: String {
        self == .none ? "" : ", \(state.rawValue) \(revision)" + (revisedAt.map { " of \($0)" } ?? "")
    }
}

extension MetadataChange {
    fileprivate var words: String {
        let changes = [
            replacement.map { ".replacing(with: \(quoted($0.text)))" },
            set.isEmpty ? nil : ".setting(\(quoted(set.text)))",
            removed.isEmpty ? nil : ".removing(\(summary(of: removed)))",
        ]
        return changes.compactMap(\.self).joined()
    }
}

private func list(_ labels: Set<Label>) -> String { summary(of: labels.sorted().map(\.rawValue)) }

private func list(_ labels: Set<Label>, _ metadata: Metadata) -> String {
    (labels.isEmpty ? "" : ", labels: \(list(labels))")
        + (metadata.isEmpty ? "" : ", metadata: \(quoted(metadata.text))")
}

extension AppendCondition {
    fileprivate var words: String {
        if let expectedVersion { return ".unchanged(\(summary(of: expectedVersion)))" }
        if let firstValues {
            return ".create(title: \(summary(of: firstValues.title))\(list(firstValues.labels, firstValues.metadata)))"
        }
        return createsConversation ? ".createIfMissing" : ".exists"
    }
}

/// A value as reports show it: texts as ASCII with escapes, long values cut short.
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
            + (message.isPlain
                ? "" : " with \(quoted(MessageJSON.stored(message) ?? "")) \(quoted(message.metadata.text))")
    case let message as Message:
        """
        \(quoted(message.conversationID.rawValue)) \(message.sequence): \
        \(summary(of: message.body)) \
        \(message.createdAt)\(message.predecessor.map { ", after \($0)" } ?? "")\(message.writing.words)
        """
    case let conversation as Conversation:
        """
        \(quoted(conversation.id.rawValue)) title \(summary(of: conversation.title)), created \
        \(conversation.createdAt), updated \(conversation.updatedAt), last sequence \(conversation.lastSequence), \
        \(conversation.messageCount) messages, read through \(conversation.readThrough), cleared through \
        \(conversation.version.clearedThrough)\(list(conversation.labels, conversation.metadata))\
        \(conversation.preview.map { ", preview \($0.sequence) \($0.state) \(quoted($0.text))" } ?? "")\
        \(conversation.head.map { ", head \($0)" } ?? "")\(conversation.isBranched ? ", branched" : "")
        """
    case let part as MessagePart:
        part.description.unicodeScalars.map { $0.isASCII ? String($0) : $0.escaped(asASCII: true) }.joined()
    case let metadata as Metadata:
        quoted(metadata.text)
    case let version as ConversationVersion:
        "created \(version.createdAt), last sequence \(version.lastSequence), cleared through \(version.clearedThrough)"
            + (version.head.map { ", head \($0)" } ?? "")
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
