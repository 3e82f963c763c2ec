import ChatStorageCore
import ChatStorageJSON

/// A conversation of another program that is one path of messages with roles and texts.
struct SimpleChat {
    /// The format's name in native JSON.
    let format: String
    var ids = ["id"]
    var titles = ["title"]
    var created = ["createdAt"]
    var updated = ["updatedAt"]
    /// The name of a message's time.
    var time = "createdAt"
    /// The name of a message's role.
    var role = "role"
    var roles: [String: Role] = ["user": .user, "assistant": .assistant, "system": .system, "tool": .tool]
    /// Whether the newest message may come first; the times show the order.
    var canBeReversed = false
    /// Takes the parts that go before the content.
    var before: @Sendable (inout ForeignObject) throws -> [MessagePart] = { _ in [] }
    /// Takes the parts that go after the content.
    var after: @Sendable (inout ForeignObject) throws -> [MessagePart] = { _ in [] }

    func read(_ slice: JSONSlice) throws -> ForeignConversation {
        var object = try ForeignObject(slice, at: "")
        var conversation = ForeignConversation()
        for name in ids where conversation.id == nil {
            conversation.id = try object.id(name).map(ConversationID.init(_:))
        }
        // Some programs write the id under two names.
        for name in ids where object[name]?.string == conversation.id?.rawValue { object.take(name) }
        for name in titles where conversation.title == nil { conversation.title = try object.text(name) }
        for name in created where conversation.createdAt == nil { conversation.createdAt = try object.time(name) }
        for name in updated where conversation.updatedAt == nil { conversation.updatedAt = try object.time(name) }
        let model = object["model"]?.firstMember("id")?.string
        for slice in try object.elements("messages") {
            let (node, leftOut) = try node(slice, model: model)
            conversation.nodes.append(node)
            conversation.leftOut.formUnion(leftOut)
        }
        if canBeReversed, let first = conversation.nodes.first?.createdAt,
            let last = conversation.nodes.last?.createdAt, last < first
        {
            conversation.nodes.reverse()
        }
        conversation.keepRest(of: object)
        return conversation
    }

    private func node(
        _ slice: JSONSlice, model: String?
    ) throws -> (ForeignConversation.Node, leftOut: Set<String>) {
        var message = try ForeignObject(slice, at: "messages[]")
        let name = try message.text(role) ?? ""
        guard let role = roles[name.lowercased()] else {
            let known = roles.keys.sorted().joined(separator: ", ")
            throw InvalidConversation(
                reason: "\(message.path(of: self.role)) is \"\(name.shortened)\", not one of: \(known)")
        }
        var turn = ForeignTurn(role: role)
        if let id = message["id"]?.string, message["uuid"]?.string == id { message.take("uuid") }
        turn.take(model: try message.text("model") ?? (role == .assistant ? model : nil), at: "messages[].model")
        turn.parts = try before(&message)
        if let content = message.take("content") { turn.parts += try parts(of: content, at: message) }
        turn.parts += try after(&message)
        let createdAt = try message.time(time)
        message.putRest(into: &turn.room)
        return (ForeignConversation.Node(bodies: turn.messages, createdAt: createdAt), turn.room.leftOut)
    }

    private func parts(of content: JSONSlice, at message: ForeignObject) throws -> [MessagePart] {
        if let text = content.string { return text.isEmpty ? [] : [.text(text)] }
        guard let blocks = content.elements else {
            throw message.mismatch("content", content, "a string or an array")
        }
        return try blocks.map { slice in
            if let text = slice.string { return .text(text) }
            var block = try ForeignObject(slice, at: "messages[].content[]")
            guard block["type"]?.string == "text", let text = block.textIfAny("text") else {
                return MessagePart(.data).with(native: slice, format: format)
            }
            block.take("type")
            return MessagePart.text(text).keeping(block, format: format)
        }
    }
}
