import ChatStorageCore
import ChatStorageJSON

/// Why a stretch of a chat file is not a conversation; it quotes names of roles and members at most.
struct InvalidConversation: Error {
    var reason: String
    /// The conversation's id, where it could be read.
    var id: ConversationID?
    /// What it is instead.
    var format: KnownFormat?
    /// Whether nothing is read after it.
    var endsReading = false

    init(reason: String, endsReading: Bool = false) {
        self.reason = reason
        self.endsReading = endsReading
    }
}

/// Reads conversations from JSON objects of the two kinds that chat archives consist of.
///
/// - `{"conversation_id", "title", "messages": [{"role", "content", "created_at"}]}`, where only the messages' roles
///   and contents must be there; OpenAI's fine-tuning files are this.
/// - ShareGPT: `{"id", "title", "conversations": [{"from", "value"}]}`; as a rule id and title are missing.
///
/// Both take `id` for `conversation_id`. Other members are left out, and their names kept unless they are empty. A
/// message whose only content is in such a member is invalid.
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
        case .restNotRead(let reason): throw InvalidConversation(reason: reason, endsReading: true)
        case .text(let bytes):
            do {
                return try decode(JSONValue(validating: bytes))
            } catch let problem as JSONProblem {
                // A line can be found by its number, but an array may be one line as long as the file.
                let isElement = piece.element != nil
                throw InvalidConversation(
                    reason: isElement ? problem.reason(inFileAfter: piece.offset) : problem.reason)
            } catch var problem as InvalidConversation {
                problem.format = KnownFormat.recognize(bytes)
                if let format = problem.format {
                    problem.reason = format.error(inArray: piece.element != nil).message
                }
                throw problem
            }
        }
    }

    private mutating func decode(_ value: JSONValue) throws -> ArchivedConversation {
        let keys = ["conversation_id", "id", "title", "messages", "conversations"]
        var object = try Fields(value, name: "", keys: keys)
        let id = try id(of: &object)
        do {
            var leftOut = Set(object.leftOut)
            let messages = try messages(of: object, leavingOut: &leftOut)
            let title = try object.text("title")
            var conversation = ArchivedConversation(
                id: id ?? derivedIDs.next(title: title, messages: messages), title: title, messages: messages)
            conversation.leftOut = leftOut
            return conversation
        } catch var problem as InvalidConversation {
            problem.id = id
            throw problem
        }
    }

    private func id(of object: inout Fields) throws -> ConversationID? {
        let (id, other) = (try object.text("conversation_id"), try object.text("id"))
        if let id, let other, !id.utf8.elementsEqual(other.utf8) { object.leftOut.append("id") }
        return (id ?? other).map(ConversationID.init(_:))
    }

    private func messages(
        of object: Fields, leavingOut leftOut: inout Set<String>
    ) throws -> [ArchivedConversation.Message] {
        let name: String
        let value: JSONValue
        let read: (JSONValue, String) throws -> (ArchivedConversation.Message, Fields)
        switch (object["messages"], object["conversations"]) {
        case (let messages?, nil): (name, value, read) = ("messages", messages, message)
        case (nil, let turns?): (name, value, read) = ("conversations", turns, turn)
        case (nil, nil): throw InvalidConversation(reason: "has neither messages nor conversations")
        default: throw InvalidConversation(reason: "has both messages and conversations")
        }
        guard let elements = value.elements else {
            throw InvalidConversation(reason: "\(name) is \(value.kind.rawValue), not an array")
        }
        var names: Set<String> = []
        let messages = try elements.enumerated().map { index, element in
            let (message, fields) = try read(element, "\(name)[\(index)]")
            if !fields.leftOut.isEmpty {
                try checkNothingIsLost(of: message, fields)
                names.formUnion(fields.leftOut)
            }
            return message
        }
        leftOut.formUnion(names.map { "\(name)[].\($0)" })
        return messages
    }

    private func message(_ value: JSONValue, name: String) throws -> (ArchivedConversation.Message, Fields) {
        let fields = try Fields(value, name: name, keys: ["role", "content", "created_at"])
        let role = Role(rawValue: try fields.requiredText("role"))
        guard roles.contains(role) else {
            throw InvalidConversation(
                reason: "\(name).role is \(quoted(role.rawValue)), not one of: \(roleNames)")
        }
        var time: Timestamp?
        if let text = try fields.text("created_at") {
            guard let timestamp = Timestamp(text) else {
                throw InvalidConversation(reason: "\(name).created_at \(Timestamp.problem(with: text))")
            }
            time = timestamp
        }
        let content = try fields.requiredText("content")
        return (ArchivedConversation.Message(role: role, content: content, createdAt: time), fields)
    }

    private func turn(_ value: JSONValue, name: String) throws -> (ArchivedConversation.Message, Fields) {
        let fields = try Fields(value, name: name, keys: ["from", "value"])
        let speaker = try fields.requiredText("from")
        guard let role = Self.shareGPTRoles[speaker], roles.contains(role) else {
            throw InvalidConversation(
                reason: "\(name).from is \(quoted(speaker)), not one of: human, gpt, system")
        }
        return (ArchivedConversation.Message(role: role, content: try fields.requiredText("value")), fields)
    }

    /// Refuses a message that would be empty without what is left out of it.
    private func checkNothingIsLost(of message: ArchivedConversation.Message, _ fields: Fields) throws {
        guard message.content.isEmpty, let member = fields.leftOut.first(where: Self.contents.contains) else { return }
        throw InvalidConversation(reason: "\(fields.name) has no text but \(member), which is not kept")
    }

    /// Members that are a message's content when its text is empty.
    private static let contents: Set<String> = [
        "tool_calls", "tool_call", "function_call", "refusal", "reasoning", "reasoning_content", "thinking", "parts",
        "audio", "images", "image", "files", "attachments", "videos",
    ]

    private static let shareGPTRoles: [String: Role] = ["human": .user, "gpt": .assistant, "system": .system]

    private var roleNames: String { roles.map(\.rawValue).sorted().joined(separator: ", ") }

    /// A name from the file, short enough for an error's sentence.
    private func quoted(_ name: String) -> String { "\"\(name.shortened)\"" }
}

/// The values that an object has under the keys that count.
private struct Fields {
    let name: String
    /// The keys of the other members that are not empty.
    var leftOut: [String] = []
    private var values: [(key: String, value: JSONValue)] = []

    init(_ value: JSONValue, name: String, keys: [String]) throws {
        self.name = name
        guard let members = value.members else {
            let subject = name.isEmpty ? "" : "\(name) "
            throw InvalidConversation(reason: "\(subject)is \(value.kind.rawValue), not an object")
        }
        for (key, value) in members {
            guard keys.contains(key) else {
                if !value.isEmpty { leftOut.append(key.shortened) }
                continue
            }
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

extension String {
    /// A name from a file, cut if it is longer than names usually are.
    fileprivate var shortened: String {
        // No name that is short in bytes has many scalars.
        guard utf8.count > 40 else { return self }
        let start = String(UnicodeScalarView(unicodeScalars.prefix(40)))
        return start.utf8.count == utf8.count ? start : "\(start)…"
    }
}
