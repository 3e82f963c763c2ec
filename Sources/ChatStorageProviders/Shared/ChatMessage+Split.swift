import ChatStorageCore

extension ChatMessage {
    /// A user's parts as messages: results, with their files, get the role `tool`.
    static func split(_ parts: [MessagePart]) -> [ChatMessage] {
        var runs: [(isResults: Bool, parts: [MessagePart])] = []
        for part in parts {
            let isResult = part.kind == .toolResult || (part.callID != nil && runs.last?.isResults == true)
            if runs.last?.isResults == isResult {
                runs[runs.count - 1].parts.append(part)
            } else {
                runs.append((isResult, [part]))
            }
        }
        if runs.isEmpty { runs = [(false, [])] }
        return runs.map { ChatMessage(role: $0.isResults ? .tool : .user, parts: $0.parts) }
    }
}
