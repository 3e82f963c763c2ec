import ChatStorageCore
import ChatStorageJSON

/// The turns of ShareGPT's conversations.
extension MessageReader {
    /// Whether an element is a turn, and not a message with a role.
    func isTurn(_ value: JSONSlice, of list: String) -> Bool {
        let members = value.memberList
        func text(_ key: String) -> String? { members.first { $0.key == key }?.value.string }
        if isOurs { return list != "messages" }
        if members.contains(where: { $0.key == "from" }) { return true }
        guard let role = text("role") else { return list != "messages" }
        let isRole = RoleSet.withTools.contains(Role(rawValue: role)) || role == Self.function
        let hasContent = members.contains { $0.key == "content" || $0.key == "parts" }
        if isRole { return !hasContent && (text("value") ?? text("text")) != nil }
        // Only ShareGPT has such a name; in a list of messages another spelling of a role is a fault.
        guard let speaker = Speaker(shareGPT: role) else { return list != "messages" }
        return list != "messages" || speaker == .call || speaker == .result
    }

    /// Reads a turn.
    mutating func turn(
        _ value: JSONSlice, path: String, of list: String
    ) throws -> ArchivedConversation.Message {
        let names = (speaker: ["from", "role"], text: ["value", "content", "text"])
        var fields = try Fields(value, name: path, keys: names.speaker + names.text, log: log)
        let speakerName = names.speaker.first { fields[$0] != nil } ?? "from"
        let textName = names.text.first { fields[$0] != nil } ?? "value"
        for name in names.speaker + names.text where name != speakerName && name != textName { fields.leaveOut(name) }
        let speaker = try speaker(of: fields, speakerName)
        let text = try fields.requiredText(textName)
        let body: ChatMessage
        switch speaker {
        case .call: body = .assistant(calls.calls(in: text))
        case .result: body = .tool([calls.result(text)])
        case .role(let role):
            if role == .user { calls.beginTurn() }
            body = ChatMessage(role: role, content: text)
        }
        var message = ArchivedConversation.Message(body)
        try keepOthers(fields, in: &message, of: list)
        return message
    }

    private func speaker(of fields: Fields, _ key: String) throws -> Speaker {
        let name = try fields.requiredText(key)
        let path = fields.path(key)
        if let speaker = Speaker(shareGPT: name) {
            guard roles.contains(speaker.role) else {
                let reason =
                    "\(path) is \(quoted(name)), which is of the role \(speaker.role), not one of: \(roleNames)"
                throw InvalidConversation(
                    reason: RoleSet.withTools.contains(speaker.role) ? reason + advice : reason)
            }
            return speaker
        }
        let reason = "\(path) is \(quoted(name)), not one of: human, gpt, system, function_call, observation"
        guard let likely = Speaker(shareGPT: Speaker.plain(name)), roles.contains(likely.role) else {
            throw InvalidConversation(reason: reason)
        }
        try log.mend(.role, reason, "takes it for \(Speaker.plain(name))")
        return likely
    }
}
