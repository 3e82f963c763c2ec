import ChatStorageCore

extension HistoryTheme {
    /// A conversation that is created, filled and deleted.
    static let conversation = HistoryTheme(
        name: "conversation", rules: [.o1, .a1, .a3, .a5, .a10, .c1, .c3, .c4],
        reason: "If no order explains what callers saw, one of them acted on a conversation that never was."
    ) { caller, random in
        let id = caller.conversation
        return switch Int.random(in: 0..<14, using: &random) {
        case 0: .createConversation(id, title: "created \(Int.random(in: 0..<100, using: &random))")
        case 1: .getOrCreateConversation(id, title: "got \(Int.random(in: 0..<100, using: &random))")
        case 2: .deleteConversation(id)
        case 3: .clearMessages(of: id)
        case 4: .updateTitle(of: id, to: "title \(Int.random(in: 0..<100, using: &random))")
        case 5: .append(messages(using: &random), to: id, if: .exists)
        case 6...7: .append(messages(using: &random), to: id, if: .createIfMissing)
        case 8...9: .conversation(id)
        case 10...11: .restoreConversation(.sample(id, title: "restored", messages: 3))
        case 12: .messages(of: id, .after(Int64.random(in: 0...6, using: &random)), limit: 3)
        default: .messages(of: id, .end, limit: 100)
        }
    }

    /// Only appends and reads of messages.
    static let reads = HistoryTheme(
        name: "reads", rules: [.o1, .a1, .o4],
        reason: "Once somebody has seen a message, nobody may be shown the chat as it was before it."
    ) { caller, random in
        let id = caller.conversation
        return switch Int.random(in: 0..<6, using: &random) {
        case 0...1: .append(messages(using: &random), to: id, if: .createIfMissing)
        case 2: .updateTitle(of: id, to: "title \(Int.random(in: 0..<100, using: &random))")
        case 3...4: .messages(of: id, .end, limit: 100)
        default: .conversation(id)
        }
    }
}
