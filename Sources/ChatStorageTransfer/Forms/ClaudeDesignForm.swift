import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// A file of `design_chats` in Claude's export.
    static let claudeDesign = ChatForm(name: "a Claude design chat", unit: .conversation) { value in
        [try ClaudeDesignChat(value).conversation]
    }
}

/// A design chat of Claude's export.
struct ClaudeDesignChat {
    /// The conversation.
    private(set) var conversation = ForeignConversation()

    init(_ value: JSONSlice) throws {
        var object = try ForeignObject(value, at: "")
        conversation.id = try object.id("uuid").map { ConversationID($0) }
        do {
            conversation.title = try object.text("title").flatMap { $0.isEmpty ? nil : $0 }
            conversation.createdAt = try object.time("created_at")
            conversation.updatedAt = try object.time("updated_at")
            let messages = try object.elements("messages")
            var room = MetadataRoom()
            room.takeRest(of: object, prefix: "conversation")
            conversation.metadata = room.metadata
            conversation.leftOut = room.leftOut
            for message in messages { try read(message) }
        } catch var problem as InvalidConversation {
            problem.id = conversation.id
            throw problem
        }
    }

    private mutating func read(_ value: JSONSlice) throws {
        var object = try ForeignObject(value, at: "messages[]")
        var node = ForeignConversation.Node(id: try object.id("uuid"), createdAt: try object.time("created_at"))
        guard let role = try object.text("role") else {
            throw InvalidConversation(reason: "messages[].role is missing")
        }
        var entry = ExportedEntry(value, format: ClaudeConversation.format, role: ClaudeConversation.role(role))
        if object["content"]?.kind == .object, var content = try object.object("content") {
            if content["id"]?.string == node.id { content.take("id") }
            if content["role"]?.string == role { content.take("role") }
            // The row has the time of storage, the content the time in the chat.
            if let text = content["timestamp"]?.string, let time = Timestamp(text) {
                if node.createdAt == nil || node.createdAt == time { content.take("timestamp") }
                node.createdAt = node.createdAt ?? time
            }
            if let text = content.textIfAny("content"), !text.isEmpty { entry.parts.append(.text(text)) }
            entry.parts += try content.elements("contentBlocks").flatMap(Self.parts)
            entry.parts += try content.elements("attachments").map(ClaudeMessage.attachment)
            entry.room.takeRest(of: content, prefix: "content")
        } else if let text = object.textIfAny("content") {
            entry.parts = [.text(text)]
        }
        entry.room.takeRest(of: object, prefix: "message")
        node.bodies = entry.messages(leavingOut: &conversation.leftOut)
        conversation.nodes.append(node)
    }

    private static func parts(_ block: JSONSlice) throws -> [MessagePart] {
        let format = ClaudeConversation.format
        var object = try ForeignObject(block, at: "messages[].content.contentBlocks[]")
        switch object["type"]?.string {
        case "text", "thinking":
            let kind: MessagePart.Kind = object.textIfAny("type") == "text" ? .text : .reasoning
            let text = object.textIfAny("text") ?? ""
            if text.isEmpty, object.rest.isEmpty { return [] }
            return [MessagePart(kind, text: text).holding(object, format: format)]
        case "tool_call":
            guard let json = object["toolCall"], var call = try? ForeignObject(json, at: "toolCall") else { break }
            let (id, name) = (call.name("id"), call.name("name"))
            let output = call.take("output")
            let part = MessagePart(.toolCall, name: name, callID: id, input: call.take("input")?.textOrJSON)
                .with(native: block, format: format)
            guard let output else { return [part] }
            return [part, MessagePart(.toolResult, name: name, callID: id, output: output.textOrJSON)]
        default: break
        }
        let text = object["text"]?.string ?? object["message"]?.string
        return [MessagePart(.data, text: text).with(native: block, format: format)]
    }
}
