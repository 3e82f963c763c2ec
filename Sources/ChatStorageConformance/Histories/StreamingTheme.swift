import ChatStorageCore

extension HistoryTheme {
    /// An answer under way that several callers write, end, rate and remove.
    static let streaming = HistoryTheme(
        name: "streaming", rules: [.s1, .s2, .s3, .s4, .m3, .a9, .c3, .c4, .c6],
        reason: "A writer, Stop, and a second writer that took over: the answer is what one of them said last.",
        callers: 8,
        first: { id, _ in
            [.append(NewMessages([.user("question"), .assistant("")], to: id, isStreaming: true))]
        },
        next: { caller, random in
            // A repeat, as by a writer that got no reply.
            if let last = caller.lastRevision, Int.random(in: 0..<4, using: &random) == 0 { return last }
            if let append = caller.lastKeyedAppend, Bool.random(using: &random) { return append }
            return Int.random(in: 0..<10, using: &random) < 6
                ? write(caller, using: &random) : around(caller.conversation, using: &random)
        },
        last: { id in
            [.conversation(id), .messages(of: id, limit: 1_000)]
        })

    /// A revision of an answer that the caller saw.
    private static func write(_ caller: HistoryCaller, using random: inout SplitMix64) -> StorageCall {
        guard let answer = caller.answers.randomElement(using: &random) else {
            return .messages(of: caller.conversation, limit: 100)
        }
        // Few texts, so that two callers write the same now and then.
        let body = ChatMessage.assistant("\(answer.content)\(Int.random(in: 0..<3, using: &random))")
        let states: [MessageState] = [.complete, .stopped, .failed]
        let state = states[Int.random(in: 0..<3, using: &random)]
        return switch Int.random(in: 0..<12, using: &random) {
        case 0...6: .reviseMessage(MessageRevision(of: answer, body: body))
        case 7: .reviseMessage(MessageRevision(of: answer, body: body, metadata: .setting("usage", to: 1)))
        case 8: .reviseMessage(MessageRevision(of: answer))
        case 9: .reviseMessage(MessageRevision(of: answer, body: body, state: state))
        default: .reviseMessage(MessageRevision(of: answer, state: state))
        }
    }

    /// The calls of others meanwhile.
    private static func around(_ id: ConversationID, using random: inout SplitMix64) -> StorageCall {
        let sequence = Int64.random(in: 1...5, using: &random)
        let key = "\(Int.random(in: 0..<3, using: &random))"
        return switch Int.random(in: 0..<24, using: &random) {
        case 0...6: .messages(of: id, limit: 100)
        case 7: .messages(MessageQuery(of: id, limit: 2, states: .finished))
        case 8: .messages(MessageQuery(of: id, limit: 2, states: .streaming))
        case 9...10: .messages(MessageQuery(of: id, .sequences([sequence])))
        case 11: .conversation(id)
        case 12...14:
            .reviseMessage(
                MessageRevision(
                    of: id, sequence, metadata: .setting("rating", to: .integer(.random(in: 0..<9, using: &random)))))
        case 15...16: .append(NewMessages([.user("again"), .assistant("")], to: id, if: .exists, isStreaming: true))
        case 17...18: .append(NewMessages([.assistant("", key: key)], to: id, .insteadOf(sequence), isStreaming: true))
        case 19: .append(NewMessages([.user("next", key: key)], to: id))
        case 20: .removeMessages(MessageRemoval(.messages([sequence]), of: id))
        case 21: .removeMessages(MessageRemoval(.from(sequence), of: id))
        case 22: .clearMessages(of: id)
        default: .deleteConversation(id)
        }
    }
}

extension HistoryCaller {
    /// Its last call if that was a writer's revision.
    fileprivate var lastRevision: StorageCall? {
        guard case .reviseMessage(let revision)? = entries.last?.call, revision.base != nil else { return nil }
        return entries.last?.call
    }

    /// The answers as it last saw them.
    fileprivate var answers: [Message] {
        for entry in entries.reversed() {
            let seen: [Message]
            switch entry.outcome {
            case .returned(.message(let message)): seen = [message]
            case .returned(.messages(let page)): seen = page.items
            case .returned(.appended(let result)): seen = result.messages
            default: continue
            }
            let answers = seen.filter { $0.revision > 0 }
            if !answers.isEmpty { return answers }
        }
        return []
    }
}
