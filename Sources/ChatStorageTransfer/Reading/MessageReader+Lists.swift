import ChatStorageCore
import ChatStorageJSON

/// The messages of a conversation, and where its current path ends.
struct SaidMessages {
    var messages: [ArchivedConversation.Message]
    /// The message at the end of the current path; nil for the last one.
    var head: Int64?
}

/// Where a line has its messages.
extension MessageReader {
    /// The messages of one of the library's own lines.
    mutating func ownMessages(of object: Fields) throws -> SaidMessages {
        guard let (name, value) = try named(object) else { throw Self.hasNone }
        return SaidMessages(messages: try list(value, name))
    }

    /// The messages of any other line.
    mutating func messages(of object: inout Fields) throws -> SaidMessages {
        let answers = PreferredAnswers.take(from: &object)
        var messages: [ArchivedConversation.Message] = []
        if let (name, value) = try named(object) ?? Self.otherList(in: &object) {
            messages = try list(value, name)
        } else if let answers {
            messages = try prompt(of: &object, before: answers)
        } else {
            throw Self.hasNone
        }
        var preferred: [ArchivedConversation.Message] = []
        var rejected: [ArchivedConversation.Message] = []
        if let answers {
            let begun = calls
            preferred = try answer(answers.preferred, answers.names.preferred)
            calls = begun
            rejected = try answer(answers.rejected, answers.names.rejected)
        }
        // Some files have the whole conversation in each answer.
        if preferred.begins(with: messages), rejected.begins(with: messages) { messages = [] }
        addSystem(of: &object, before: &messages, preferred)
        let shared = zip(preferred, rejected).prefix { $0.body.hasSameContent(as: $1.body) }.count
        messages += preferred.prefix(shared)
        let fork = messages.count
        messages += preferred.dropFirst(shared)
        let head = messages.count
        if var first = rejected.dropFirst(shared).first {
            first.predecessor = Int64(fork)
            messages += [first] + rejected.dropFirst(shared + 1)
        }
        MediaList.place(&object, in: &messages)
        return SaidMessages(messages: messages, head: messages.count > head ? Int64(head) : nil)
    }

    private static let hasNone = InvalidConversation(reason: "has neither messages nor conversations")

    /// The list under one of the two usual names.
    private func named(_ object: Fields) throws -> (name: String, value: JSONSlice)? {
        switch (object["messages"], object["conversations"]) {
        case (let messages?, nil): ("messages", messages)
        case (nil, let turns?): ("conversations", turns)
        case (nil, nil): nil
        default: throw InvalidConversation(reason: "has both messages and conversations")
        }
    }

    /// The list under another name, if it has turns.
    private static func otherList(in object: inout Fields) -> (name: String, value: JSONSlice)? {
        for name in ["conversation", "items"] {
            let first = object.other(name)?.elements?.first { _ in true }
            let keys = Set(first?.memberList.map(\.key) ?? [])
            let areTurns = keys.contains("from") || name == "conversation" && keys.isSuperset(of: ["role", "content"])
            if areTurns, let value = object.takeOther(name) { return (name, value) }
        }
        return nil
    }

    /// The messages before two answers: `input` with messages, or a `prompt`.
    private mutating func prompt(
        of object: inout Fields, before answers: PreferredAnswers
    ) throws -> [ArchivedConversation.Message] {
        if let input = object.other("input"), input.kind == .object,
            let messages = input.firstMember("messages")
        {
            _ = object.takeOther("input")
            // Its tools and settings are the line's.
            for (key, value) in input.memberList where key != "messages" { object.addOther(key, value) }
            return try list(messages, "input.messages")
        }
        guard let prompt = object.other("prompt") else {
            // Texts alone are no conversation.
            guard answers.preferred.kind == .array else { throw Self.hasNone }
            return []
        }
        if prompt.kind == .array {
            _ = object.takeOther("prompt")
            return try list(prompt, "prompt")
        }
        // Answers that are whole conversations repeat it.
        guard let text = prompt.string, !answers.areConversations else { return [] }
        _ = object.takeOther("prompt")
        return [ArchivedConversation.Message(role: .user, content: text)]
    }

    private mutating func answer(_ value: JSONSlice, _ name: String) throws -> [ArchivedConversation.Message] {
        switch value.kind {
        case .array: return try list(value, name)
        case .object: return [try message(value, path: name, of: name, number: 1)]
        default: return [ArchivedConversation.Message(role: .assistant, content: value.string ?? "")]
        }
    }

    /// Makes a system prompt beside the messages the first message, unless they begin with one.
    private func addSystem(
        of object: inout Fields, before messages: inout [ArchivedConversation.Message],
        _ answer: [ArchivedConversation.Message]
    ) {
        let first = (messages.first ?? answer.first)?.role
        guard first != .system, first != .developer, roles.contains(.system),
            let name = ["system", "system_prompt"].first(where: { object.other($0)?.kind == .string }),
            let text = object.takeOther(name)?.string
        else { return }
        messages.insert(ArchivedConversation.Message(role: .system, content: text), at: 0)
    }
}

extension [ArchivedConversation.Message] {
    fileprivate func begins(with others: Self) -> Bool {
        !others.isEmpty && count >= others.count
            && zip(self, others).allSatisfy { $0.body.hasSameContent(as: $1.body) }
    }
}
