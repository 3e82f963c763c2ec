import ChatStorageCore

extension HistoryTheme {
    /// Repeated appends, and appends on condition, to a conversation that others clear and replace.
    static let keysAndConditions = HistoryTheme(
        name: "keys-and-conditions", rules: [.a8, .a9, .a1, .c3, .c4],
        reason: "A repeat that is stored twice, or an answer about a deleted message, shows only when callers meet."
    ) { caller, random in
        let id = caller.conversation
        let key = "\(Int.random(in: 0..<3, using: &random))"
        let pair: [ChatMessage] = [.user(key, key: key), .assistant("answer", key: "answer \(key)")]
        let version = ConversationVersion(createdAt: .past, lastSequence: Int64.random(in: 3...8, using: &random))
        return switch Int.random(in: 0..<16, using: &random) {
        case 0: .deleteConversation(id)
        case 1: .clearMessages(of: id)
        case 2...4: .restoreConversation(.sample(id, title: "restored", messages: 3))
        case 5...6: .append([pair[0]], to: id, if: .createIfMissing)
        case 7...8: .append(pair, to: id, if: .exists)
        case 9: .append([.user("other", key: key)], to: id, if: .exists)
        case 10: .append([pair[0], .user("x", key: "x")], to: id, if: .unchanged(version))
        case 11...12: .append(pair, to: id, if: .unchanged(version))
        case 13: .append(messages(using: &random), to: id, if: .unchanged(version))
        case 14: .conversation(id)
        default: .messages(of: id, .end, limit: 100)
        }
    }
}
