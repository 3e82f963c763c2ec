import ChatStorageCore

/// Why a stretch of a chat file is not a conversation; it quotes names of roles at most.
struct InvalidConversation: Error {
    let reason: String
}

/// Reads conversations from JSON objects of the two kinds that chat archives consist of.
///
/// - `{"conversation_id", "title", "messages": [{"role", "content", "created_at"}]}`, where only the messages' roles and
///   contents must be there; OpenAI's fine-tuning files are this.
/// - ShareGPT: `{"id", "title", "conversations": [{"from", "value"}]}`, whose `id` is the conversation's; as a rule id
///   and title are missing.
///
/// Other keys are ignored: archives have many, such as a message's `tool_calls` and the times of a conversation.
struct ConversationDecoder {
    private let roles: Set<Role>
    private var derivedIDs = DerivedIDs()

    init(roles: Set<Role>) {
        self.roles = roles
    }

    /// Reads a conversation.
    ///
    /// - Throws: ``InvalidConversation``.
    mutating func decode(_ piece: TextPiece) throws -> ArchivedConversation {
        switch piece.content {
        case .tooLong: throw InvalidConversation(reason: "is longer than \(LineSplitter.defaultMaximumBytes >> 20) MiB")
        case .broken(let reason): throw InvalidConversation(reason: reason)
        case .text(let bytes):
            do {
                return try decode(JSONValue(validating: bytes))
            } catch let problem as JSONProblem {
                throw InvalidConversation(reason: problem.reason)
            }
        }
    }

    private mutating func decode(_ value: JSONValue) throws -> ArchivedConversation {
        let object = try Fields(value, name: "", keys: ["conversation_id", "id", "title", "messages", "conversations"])
        let messages: [ArchivedConversation.Message]
        let id: String?
        switch (object["messages"], object["conversations"]) {
        case (let value?, nil):
            messages = try elements(of: value, name: "messages").map { try message($0) }
            id = try object.text("conversation_id")
        case (nil, let value?):
            messages = try elements(of: value, name: "conversations").map { try turn($0) }
            id = try object.text("id")
        case (nil, nil): throw InvalidConversation(reason: "has neither messages nor conversations")
        default: throw InvalidConversation(reason: "has both messages and conversations")
        }
        let title = try object.text("title")
        return ArchivedConversation(
            id: id.map(ConversationID.init(_:)) ?? derivedIDs.next(title: title, messages: messages),
            title: title, messages: messages)
    }

    private func elements(of value: JSONValue, name: String) throws -> [(name: String, value: JSONValue)] {
        guard let elements = value.elements else {
            throw InvalidConversation(reason: "\(name) is \(value.kind.rawValue), not an array")
        }
        return elements.enumerated().map { ("\(name)[\($0)]", $1) }
    }

    private func message(_ element: (name: String, value: JSONValue)) throws -> ArchivedConversation.Message {
        let fields = try Fields(element.value, name: element.name, keys: ["role", "content", "created_at"])
        let role = Role(rawValue: try fields.requiredText("role"))
        guard roles.contains(role) else {
            throw InvalidConversation(
                reason: "\(element.name).role is \(quoted(role.rawValue)), not one of: \(roleNames)")
        }
        var time: Timestamp?
        if let text = try fields.text("created_at") {
            guard let timestamp = Timestamp(text) else {
                throw InvalidConversation(reason: "\(element.name).created_at \(Timestamp.problem(with: text))")
            }
            time = timestamp
        }
        return ArchivedConversation.Message(
            role: role, content: try fields.requiredText("content"), createdAt: time)
    }

    private func turn(_ element: (name: String, value: JSONValue)) throws -> ArchivedConversation.Message {
        let fields = try Fields(element.value, name: element.name, keys: ["from", "value"])
        let speaker = try fields.requiredText("from")
        guard let role = Self.shareGPTRoles[speaker], roles.contains(role) else {
            throw InvalidConversation(
                reason: "\(element.name).from is \(quoted(speaker)), not one of: human, gpt, system")
        }
        return ArchivedConversation.Message(role: role, content: try fields.requiredText("value"))
    }

    private static let shareGPTRoles: [String: Role] = ["human": .user, "gpt": .assistant, "system": .system]

    private var roleNames: String { roles.map(\.rawValue).sorted().joined(separator: ", ") }

    /// A name from the file, short enough for an error's sentence.
    private func quoted(_ name: String) -> String {
        let start = String(String.UnicodeScalarView(name.unicodeScalars.prefix(40)))
        return start.utf8.count == name.utf8.count ? "\"\(start)\"" : "\"\(start)…\""
    }
}

/// The values that an object has under the keys that count.
private struct Fields {
    private let name: String
    private var values: [(key: String, value: JSONValue)] = []

    init(_ value: JSONValue, name: String, keys: [String]) throws {
        self.name = name
        guard let members = value.members else {
            let subject = name.isEmpty ? "" : "\(name) "
            throw InvalidConversation(reason: "\(subject)is \(value.kind.rawValue), not an object")
        }
        for (key, value) in members where keys.contains(key) {
            guard self[key] == nil else { throw InvalidConversation(reason: "has two values of \(path(key))") }
            values.append((key, value))
        }
    }

    subscript(key: String) -> JSONValue? {
        values.first { $0.key == key }?.value
    }

    /// The text under a key; nil if it is missing or null.
    func text(_ key: String) throws -> String? {
        guard let value = self[key], value.kind != .null else { return nil }
        guard let text = value.string else {
            throw InvalidConversation(reason: "\(path(key)) is \(value.kind.rawValue), not a string")
        }
        return text
    }

    func requiredText(_ key: String) throws -> String {
        guard let value = self[key] else { throw InvalidConversation(reason: "\(path(key)) is missing") }
        guard let text = value.string else {
            throw InvalidConversation(reason: "\(path(key)) is \(value.kind.rawValue), not a string")
        }
        return text
    }

    private func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
}
