import ChatStorageCore

extension HistoryTheme {
    /// A conversation with branches, in which callers append, go back, read paths and remove messages.
    static let tree = HistoryTheme(
        name: "tree", rules: [.b1, .b2, .b3, .b4, .b5, .b6, .b7, .c4, .c6, .a8, .a9, .l5, .l6],
        reason: "Two windows on one chat: what each shows must be a path that was there, and must go on from it.",
        callers: 8,
        first: { id, random in
            var snapshot = ConversationSnapshot.sample(id, messages: 4)
            // Now and then it has no branch yet, and a call makes the first.
            if Int.random(in: 0..<3, using: &random) > 0 {
                snapshot.messages[3].predecessor = 2
                snapshot.head = Bool.random(using: &random) ? 3 : nil
            }
            return [.restoreConversation(snapshot)]
        },
        next: { caller, random in
            let id = caller.conversation
            if let append = caller.lastKeyedAppend, Bool.random(using: &random) { return append }
            return Int.random(in: 0..<5, using: &random) < 3
                ? write(caller, using: &random) : read(id, using: &random)
        },
        last: { id in
            [
                .conversation(id), .messages(of: id, limit: 1_000),
                .messages(MessageQuery(of: id, on: .all, limit: 1_000)), .forks(id),
            ]
        })

    private static func write(_ caller: HistoryCaller, using random: inout SplitMix64) -> StorageCall {
        let id = caller.conversation
        let sequence = Int64.random(in: 0...8, using: &random)
        return switch Int.random(in: 0..<40, using: &random) {
        case 0...6: .append(messages(using: &random), to: id)
        case 7...11: .append(NewMessages(messages(using: &random), to: id, .after(sequence)))
        case 12...15: .append(NewMessages(messages(using: &random), to: id, .insteadOf(sequence)))
        case 16...18: .append(NewMessages(messages(using: &random), to: id, .after(sequence), movesHead: false))
        case 19...20: .append(NewMessages(messages(using: &random), to: id, if: .exists, movesHead: false))
        case 21...22:
            .append(NewMessages([.user("\(sequence)", key: "\(sequence % 3)")], to: id, .insteadOf(sequence)))
        case 23...24:
            .append(
                NewMessages(messages(using: &random), to: id, if: caller.version.map { .unchanged($0) } ?? .exists))
        case 25...28: .updateConversation(id, .head(sequence))
        case 29...31: .updateConversation(id, .show(branch: sequence).read(through: sequence))
        case 32...34: .removeMessages(MessageRemoval(.messages([sequence, sequence + 1]), of: id))
        case 35...36: .removeMessages(MessageRemoval(.from(sequence), of: id))
        case 37: .clearMessages(of: id)
        case 38: .deleteConversation(id)
        default: .restoreConversation(.sample(id, messages: 3))
        }
    }

    private static func read(_ id: ConversationID, using random: inout SplitMix64) -> StorageCall {
        let sequence = Int64.random(in: 0...8, using: &random)
        let paths: [MessageQuery.Path] = [.current, .through(sequence), .all]
        let path = paths[Int.random(in: 0..<3, using: &random)]
        return switch Int.random(in: 0..<10, using: &random) {
        case 0...1: .messages(of: id, limit: 100)
        case 2: .messages(MessageQuery(of: id, on: path, limit: 3))
        case 3: .messages(MessageQuery(of: id, .before(sequence + 1), on: path, limit: 3))
        case 4: .messages(MessageQuery(of: id, .after(sequence), on: path, limit: 3))
        case 5...6: .forks(id)
        case 7: .messages(MessageQuery(of: id, .sequences([sequence, sequence + 1])))
        default: .conversation(id)
        }
    }
}

extension HistoryCaller {
    /// The last version of the conversation that it read or made.
    fileprivate var version: ConversationVersion? {
        for entry in entries.reversed() {
            switch entry.outcome {
            case .returned(.conversation(let conversation?)): return conversation.version
            case .returned(.appended(let result)): return result.version
            default: continue
            }
        }
        return nil
    }
}
