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
///   and contents must be there; OpenAI's fine-tuning files are this, and with ``OwnMembers`` the library's archives.
/// - ShareGPT: `{"id", "title", "conversations": [{"from", "value"}]}`; as a rule id and title are missing.
///
/// Both take `id` for `conversation_id`. Other members are left out, and their names kept unless they are empty. A
/// message whose only content is in such a member is invalid.
struct ConversationDecoder {
    private static let keys =
        ["conversation_id", "id", "title", "messages", "conversations"] + OwnMembers.ofConversation
    private static let messageKeys = ["role", "content", "created_at"] + OwnMembers.ofMessage

    let roles: Set<Role>
    let advice: String
    var derivedIDs = DerivedIDs()
    /// What the file is, as far as its beginning says.
    var start = FileStart.Format.unknown

    /// - Parameter advice: What a sentence about a role ends with that a store could take, but this one does not.
    init(roles: Set<Role>, advice: String = "") {
        self.roles = roles
        self.advice = advice
    }

    /// Reads the conversations of a piece: one, unless it is of another program's form.
    ///
    /// - Throws: ``InvalidConversation``.
    mutating func decode(_ piece: TextPiece) throws -> [Conversation] {
        switch piece.content {
        case .tooLong: throw InvalidConversation(reason: "is longer than \(LineSplitter.defaultMaximumBytes >> 20) MiB")
        case .broken(let reason): throw InvalidConversation(reason: reason)
        case .restNotRead(let reason): throw InvalidConversation(reason: reason, endsReading: true)
        case .text(let bytes):
            do {
                return try conversations(of: JSONSlice(validating: bytes), bytes, beside: piece.beside)
            } catch let problem as JSONProblem {
                // A line can be found by its number, but an array may be one line as long as the file.
                let isLine = piece.element == nil && bytes.firstIndex(of: UInt8(ascii: "\n")) == nil
                throw InvalidConversation(reason: isLine ? problem.reason : problem.reason(inFileAfter: piece.offset))
            } catch var problem as InvalidConversation {
                problem.format = KnownFormat.recognize(bytes)
                if let error = problem.format?.error(inArray: piece.element != nil) { problem.reason = error.message }
                throw problem
            }
        }
    }

    /// Reads a conversation of one of the two kinds.
    mutating func decode(_ value: JSONSlice) throws -> ArchivedConversation {
        var object = try Fields(value, name: "", keys: Self.keys)
        let id = try id(of: &object)
        do {
            let isOurs = try OwnMembers.lastSequence(of: object) != nil
            var leftOut: Set<String> = []
            let messages = try messages(of: object, id: id, isOurs: isOurs, leavingOut: &leftOut)
            let title = try object.text("title")
            var conversation = ArchivedConversation(
                id: id ?? derivedIDs.next(title: title, messages: messages), title: title, messages: messages)
            try OwnMembers.read(&object, into: &conversation, isOurs: isOurs)
            conversation.leftOut = leftOut.union(object.leftOut)
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
        of object: Fields, id: ConversationID?, isOurs: Bool, leavingOut leftOut: inout Set<String>
    ) throws -> [ArchivedConversation.Message] {
        let name: String
        let value: JSONSlice
        let read: (JSONSlice, Int) throws -> (ArchivedConversation.Message, Fields)
        switch (object["messages"], object["conversations"]) {
        case (let messages?, nil):
            (name, value) = ("messages", messages)
            read = { try message($0, index: $1, of: id, isOurs: isOurs) }
        case (nil, let turns?): (name, value, read) = ("conversations", turns, turn)
        case (nil, nil): throw InvalidConversation(reason: "has neither messages nor conversations")
        default: throw InvalidConversation(reason: "has both messages and conversations")
        }
        guard let elements = value.elements else {
            throw InvalidConversation(reason: "\(name) is \(value.kind.rawValue), not an array")
        }
        var names: Set<String> = []
        var messages = try elements.enumerated().map { index, element in
            let (message, fields) = try read(element, index)
            if !fields.leftOut.isEmpty {
                try checkNothingIsLost(of: message, fields)
                names.formUnion(fields.leftOut)
            }
            return message
        }
        if !isOurs, OwnMembers.removeRepeatedKeys(from: &messages) { names.insert("key") }
        leftOut.formUnion(names.map { "\(name)[].\($0)" })
        return messages
    }

    private func message(
        _ value: JSONSlice, index: Int, of id: ConversationID?, isOurs: Bool
    ) throws -> (ArchivedConversation.Message, Fields) {
        var fields = try Fields(value, name: "messages[\(index)]", keys: Self.messageKeys)
        let role = Role(rawValue: try fields.requiredText("role"))
        guard roles.contains(role) else {
            let reason = "\(fields.name).role is \(quoted(role.rawValue)), not one of: \(roleNames)"
            throw InvalidConversation(reason: RoleSet.withTools.contains(role) ? reason + advice : reason)
        }
        let time = try fields.time("created_at")
        var message = try OwnMembers.message(role, in: &fields, number: Int64(index) + 1, of: id, isOurs: isOurs)
        message.createdAt = time
        return (message, fields)
    }

    private func turn(_ value: JSONSlice, index: Int) throws -> (ArchivedConversation.Message, Fields) {
        let fields = try Fields(value, name: "conversations[\(index)]", keys: ["from", "value"])
        let speaker = try fields.requiredText("from")
        guard let role = Self.shareGPTRoles[speaker], roles.contains(role) else {
            throw InvalidConversation(
                reason: "\(fields.name).from is \(quoted(speaker)), not one of: human, gpt, system")
        }
        return (ArchivedConversation.Message(role: role, content: try fields.requiredText("value")), fields)
    }

    /// Refuses a message that would be empty without what is left out of it.
    private func checkNothingIsLost(of message: ArchivedConversation.Message, _ fields: Fields) throws {
        guard message.body.hasSameContent(as: ChatMessage(role: message.role, content: "")),
            let member = fields.leftOut.first(where: Self.contents.contains)
        else { return }
        throw InvalidConversation(reason: "\(fields.name) has no text but \(member), which is not kept")
    }

    /// Members that are a message's content when its text is empty.
    private static let contents: Set<String> = [
        "tool_calls", "tool_call", "function_call", "refusal", "reasoning", "reasoning_content", "thinking", "parts",
        "audio", "images", "image", "files", "attachments", "videos",
    ]

    private static let shareGPTRoles: [String: Role] = ["human": .user, "gpt": .assistant, "system": .system]

    var roleNames: String { roles.map(\.rawValue).sorted().joined(separator: ", ") }

    /// A name from the file, short enough for an error's sentence.
    func quoted(_ name: String) -> String { "\"\(name.shortened)\"" }
}
