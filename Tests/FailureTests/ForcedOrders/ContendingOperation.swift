import ChatStorageConformance
import ChatStorageCore

/// What one of two callers does to a conversation while somebody holds it: most are about the message 3.
enum ContendingOperation: String, CaseIterable, Sendable {
    case append
    case appendAfter = "append after"
    case appendInsteadOf = "append instead of"
    case appendBeside = "append and leave the head"
    case appendKeyed = "append with a key"
    case appendIfUnchanged = "append if unchanged"
    case head
    case showBranch = "show branch"
    case remove
    case removeFrom = "remove from"
    case clear
    case revise
    case end
    case rate
    case delete
    case create
    case deleteAndAppend = "delete and append"

    /// Its calls, one after the other.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - start: What the conversation held before.
    ///   - caller: Which of the two callers makes them.
    func calls(on id: ConversationID, from start: TreeStart, caller: Int) -> [StorageCall] {
        let messages: [ChatMessage] = [.user("caller \(caller)"), .assistant("answer to \(caller)")]
        let answer = start.answer(of: id)
        let body = ChatMessage.assistant("so far, says \(caller)")
        return switch self {
        case .append: [.append(messages, to: id)]
        case .appendAfter: [.append(NewMessages(messages, to: id, .after(3)))]
        case .appendInsteadOf: [.append(NewMessages(messages, to: id, .insteadOf(3)))]
        case .appendBeside: [.append(NewMessages(messages, to: id, .after(3), movesHead: false))]
        // Both send the same.
        case .appendKeyed: [.append(NewMessages([.user("keyed", key: "k")], to: id, isStreaming: true))]
        case .appendIfUnchanged: [.append(messages, to: id, if: .unchanged(start.snapshot(id).conversation.version))]
        case .head: [.updateConversation(id, .head(3))]
        case .showBranch: [.updateConversation(id, .show(branch: 2))]
        case .remove: [.removeMessages(MessageRemoval(.messages([3]), of: id))]
        case .removeFrom: [.removeMessages(MessageRemoval(.from(3), of: id))]
        case .clear: [.clearMessages(of: id)]
        case .revise: [.reviseMessage(MessageRevision(of: answer, body: body))]
        case .end: [.reviseMessage(MessageRevision(of: answer, state: .stopped))]
        case .rate:
            [
                .reviseMessage(
                    MessageRevision(of: id, answer.sequence, metadata: .setting("\(caller)", to: .integer(1))))
            ]
        case .delete: [.deleteConversation(id)]
        case .create: [.createConversation(id, title: "caller \(caller)")]
        case .deleteAndAppend: [.deleteConversation(id), .append(messages, to: id)]
        }
    }
}

/// What a conversation holds before two callers meet there; its last message is an answer under way.
enum TreeStart: String, CaseIterable, Sendable {
    case linear = "that has not branched"
    case headElsewhere = "whose head follows another message than 3"
    case headOnMessage = "whose head is 3"

    /// The conversation, to be restored.
    func snapshot(_ id: ConversationID) -> ConversationSnapshot {
        var snapshot = ConversationSnapshot.sample(id, messages: 7)
        if self != .linear {
            // 5 is another version of 3, and the answer follows 3 too.
            snapshot.messages[4].predecessor = 2
            snapshot.messages[6].predecessor = 3
            snapshot.head = self == .headOnMessage ? 3 : 6
        }
        snapshot.messages[6].writing = .begun
        return snapshot
    }

    /// The answer under way.
    func answer(of id: ConversationID) -> Message {
        snapshot(id).storedMessages[6]
    }
}
