import ChatStorageCore
import ChatStorageJSON

/// Reads the messages of one conversation.
struct MessageReader {
    private static let messageKeys = ["role", "content", "created_at"] + OwnMembers.ofMessage

    let roles: Set<Role>
    /// The end of an error about a role that another store could take, but not this one.
    let advice: String
    /// The conversation's id, if it has one.
    let id: ConversationID?
    /// Whether the line is the library's own.
    let isOurs: Bool
    let log: MendingLog
    /// The paths of members without a place.
    var leftOut: Set<String> = []
    /// Calls without ids, and their results.
    var calls = CallPairing()

    init(roles: Set<Role>, advice: String, id: ConversationID?, isOurs: Bool, log: MendingLog) {
        self.roles = roles
        self.advice = advice
        self.id = id
        self.isOurs = isOurs
        self.log = log
    }

    /// Reads the messages of a list.
    ///
    /// - Parameter name: The list's name.
    mutating func list(_ value: JSONSlice, _ name: String) throws -> [ArchivedConversation.Message] {
        guard let elements = value.elements else {
            throw InvalidConversation(reason: "\(name) is \(value.kind.rawValue), not an array")
        }
        var messages: [ArchivedConversation.Message] = []
        for (index, element) in elements.enumerated() {
            messages.append(try message(element, path: "\(name)[\(index)]", of: name, number: Int64(index) + 1))
        }
        if !isOurs, OwnMembers.removeRepeatedKeys(from: &messages) { leftOut.insert("\(name)[].key") }
        return messages
    }

    /// Reads a message.
    ///
    /// - Parameters:
    ///   - path: Where it is: `messages[3]`.
    ///   - list: The name of the list that it is in.
    ///   - number: Its number in the list, counted from 1.
    mutating func message(
        _ value: JSONSlice, path: String, of list: String, number: Int64
    ) throws -> ArchivedConversation.Message {
        if isTurn(value, of: list) { return try turn(value, path: path, of: list) }
        var fields = try Fields(value, name: path, keys: Self.messageKeys, log: log)
        let name = try roleName(of: fields)
        let role = stored(name)
        let time = try fields.time("created_at")
        var reader = self
        var message = try OwnMembers.message(role, in: &fields, number: number, of: id, isOurs: isOurs) { fields in
            try reader.isOurs
                ? ChatMessage(role: role, content: fields.requiredText("content"))
                : reader.said(by: &fields, in: value, role: role, name: name, list: list)
        }
        (calls, leftOut) = (reader.calls, reader.leftOut)
        message.createdAt = time
        try keepOthers(fields, in: &message, of: list)
        return message
    }

    /// Puts the members that have no other place into the metadata; in the library's own lines they are left out.
    mutating func keepOthers(
        _ fields: Fields, in message: inout ArchivedConversation.Message, of list: String
    ) throws {
        guard !fields.others.isEmpty else { return }
        var lost: Set<String> = []
        if isOurs {
            lost = Set(fields.others.map { "\(list)[].\($0.key.shortened)" })
        } else {
            // Setting metadata has a cost, and most messages have none.
            var metadata = message.body.metadata
            fields.keepOthers(after: "\(list)[].", in: &metadata, leavingOut: &lost)
            message.body.metadata = metadata
        }
        if !lost.isEmpty {
            try checkNothingIsLost(of: message, fields, lost: lost, list)
            leftOut.formUnion(lost)
        }
    }

    // MARK: Roles

    /// The name of a message's role, if the store takes it.
    private func roleName(of fields: Fields) throws -> String {
        let name = try fields.requiredText("role")
        if roles.contains(stored(name)) { return name }
        let reason = "\(fields.path("role")) is \(quoted(name)), not one of: \(roleNames)"
        let advised = RoleSet.withTools.contains(stored(name)) ? reason + advice : reason
        guard let likely = Speaker.likelyRole(name), roles.contains(stored(likely.rawValue)),
            !RoleSet.withTools.contains(stored(name))
        else { throw InvalidConversation(reason: advised) }
        try log.mend(.role, advised, "takes it for \(likely.rawValue)")
        return likely.rawValue
    }

    /// The role under which a message is stored; a function's result becomes a tool's.
    private func stored(_ name: String) -> Role {
        !isOurs && name == Self.function ? .tool : Role(rawValue: name)
    }

    /// The role that results had before calls had ids.
    static let function = "function"

    var roleNames: String { roles.map(\.rawValue).sorted().joined(separator: ", ") }

    /// A name from the file, in quotes and short enough for an error.
    func quoted(_ name: String) -> String { "\"\(name.shortened)\"" }

    // MARK: What would be lost

    /// Refuses a message that would be empty because its content is left out.
    private func checkNothingIsLost(
        of message: ArchivedConversation.Message, _ fields: Fields, lost: Set<String>, _ list: String
    ) throws {
        guard message.body.hasSameContent(as: ChatMessage(role: message.role, content: "")),
            let member = fields.others.map(\.key).first(where: {
                Self.contents.contains($0) && lost.contains("\(list)[].\($0)")
            })
        else { return }
        throw InvalidConversation(reason: "\(fields.name) has no text, only \(member), which is not kept")
    }

    /// Members that are a message's content when its text is empty.
    private static let contents: Set<String> = [
        "tool_calls", "tool_call", "function_call", "refusal", "reasoning", "reasoning_content", "thinking", "parts",
        "audio", "images", "image", "files", "attachments", "videos",
    ]
}
