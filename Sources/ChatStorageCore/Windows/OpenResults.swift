import ChatStorageSupport

/// Tool results whose calls have not been met yet, reading a conversation backwards.
struct OpenResults {
    private var calls: Set<UTF8Text> = []
    /// Whether there is a result that names no call.
    private var hasUnnamed = false

    var isEmpty: Bool { calls.isEmpty && !hasUnnamed }

    /// Takes the calls of a message that precedes what was taken before; its results do not count.
    mutating func precede(withCallsOf message: ChatMessage) {
        for part in message.parts where part.kind == .toolCall { meet(part) }
    }

    /// Takes the message that precedes what was taken before.
    mutating func precede(with message: ChatMessage) {
        guard !message.isPlain else {
            if message.role == .tool { hasUnnamed = true }
            return
        }
        for part in message.parts.reversed() {
            if part.kind == .toolCall {
                meet(part)
            } else if let id = part.callID {
                // A result, or what a tool returned beside it.
                calls.insert(UTF8Text(id))
            } else if part.kind == .toolResult {
                hasUnnamed = true
            }
        }
    }

    private mutating func meet(_ call: MessagePart) {
        if let id = call.callID { calls.remove(UTF8Text(id)) }
        hasUnnamed = false
    }
}

extension ChatMessage {
    /// Whether it has the result of a call that another message made.
    private var hasResultOfAnother: Bool {
        guard !isPlain || role == .tool else { return false }
        var results = OpenResults()
        results.precede(with: self)
        return !results.isEmpty
    }

    /// The messages as a model gets them: without results at the beginning whose calls are missing.
    @usableFromInline package static func history(_ messages: [Message]) -> [ChatMessage] {
        messages.drop { $0.body.hasResultOfAnother }.map(\.chatMessage)
    }
}
