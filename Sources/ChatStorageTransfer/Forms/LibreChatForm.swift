import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// A LibreChat export: one path, a list with the messages' parents, or a tree of `children`.
    static let libreChat = ChatForm(name: "a LibreChat export", unit: .conversation) {
        [try LibreChatReader.conversation($0)]
    }
}

/// Reads LibreChat's conversations.
private enum LibreChatReader {
    static let format = "librechat.export"

    static func conversation(_ slice: JSONSlice) throws -> ForeignConversation {
        var object = try ForeignObject(slice, at: "")
        var conversation = ForeignConversation()
        let id = try object.id("conversationId")
        conversation.id = id.map(ConversationID.init(_:))
        conversation.title = try object.text("title")
        conversation.createdAt = try object.time("createdAt")
        conversation.updatedAt = try object.time("updatedAt")
        if object["isArchived"]?.boolean == true {
            object.take("isArchived")
            conversation.labels.insert("archived")
        }
        // The tree is walked without recursion, since a chat can be as deep as JSON allows.
        var waiting = try object.elements("messages").map { (slice: $0, parent: String?.none) }
        waiting.reverse()
        while let (slice, parent) = waiting.popLast() {
            var message = try ForeignObject(slice, at: "messages[]")
            let children = try message.elements("children")
            var (node, leftOut) = try node(&message, of: id)
            if let parent { node.parent = .node(parent) }
            conversation.leftOut.formUnion(leftOut)
            conversation.nodes.append(node)
            guard !children.isEmpty else { continue }
            guard let id = node.id else {
                throw InvalidConversation(reason: "has a message with children but without a messageId")
            }
            waiting += children.reversed().map { ($0, id) }
        }
        conversation.keepRest(of: object)
        return conversation
    }

    private static func node(
        _ message: inout ForeignObject, of conversation: String?
    ) throws -> (ForeignConversation.Node, leftOut: Set<String>) {
        var turn = ForeignTurn(role: try role(&message))
        // The metadata keeps the id, in case something elsewhere refers to it.
        if let id = message["messageId"] { turn.room.take("messageId", id, at: message.path(of: "messageId")) }
        var node = ForeignConversation.Node(id: try message.id("messageId"))
        if message["parentMessageId"] != nil {
            node.parent = try message.id("parentMessageId").map { .node($0) } ?? .none
        }
        node.createdAt = try message.time("createdAt")
        if let own = message["conversationId"]?.string, own == conversation { message.take("conversationId") }
        turn.take(model: try message.text("model"), at: message.path(of: "model"))
        turn.parts = try parts(&message)
        message.putRest(into: &turn.room)
        node.bodies = turn.messages
        return (node, turn.room.leftOut)
    }

    private static func role(_ message: inout ForeignObject) throws -> Role {
        if let byUser = message.take("isCreatedByUser") {
            guard let byUser = byUser.boolean else {
                throw message.mismatch("isCreatedByUser", byUser, "a Boolean")
            }
            return byUser ? .user : .assistant
        }
        guard let sender = message["sender"]?.string else {
            throw InvalidConversation(reason: "has a message with neither isCreatedByUser nor a sender")
        }
        return sender.lowercased() == "user" ? .user : .assistant
    }

    private static func parts(_ message: inout ForeignObject) throws -> [MessagePart] {
        var parts: [MessagePart] = []
        let text = try message.text("text") ?? ""
        let blocks = try message.elements("content")
        for block in blocks { parts += try Self.parts(of: block) }
        // In some versions the text beside content parts repeats them.
        let said = parts.filter { $0.kind == .text }.compactMap(\.text)
        if !text.isEmpty, said.joined(separator: "\n") != text, said.joined() != text {
            parts.insert(.text(text), at: 0)
        }
        for file in try message.elements("files") + message.elements("attachments") {
            parts.append(try Self.file(file))
        }
        return parts
    }

    // MARK: Content parts

    private static func parts(of slice: JSONSlice) throws -> [MessagePart] {
        var block = try ForeignObject(slice, at: "messages[].content[]")
        let type = try block.text("type")
        switch type {
        case "text":
            if let text = block.textIfAny("text") { return [MessagePart.text(text).keeping(block, format: format)] }
            let value = block["text"]?.firstMember("value")?.string
            return [MessagePart(.text, text: value ?? "").keeping(block, format: format)]
        case "think":
            guard let text = block.textIfAny("think") else { break }
            return [MessagePart.reasoning(text).keeping(block, format: format)]
        case "tool_call":
            guard let call = block["tool_call"], call.kind == .object else { break }
            return try toolCall(call, in: &block)
        case "image_file":
            guard let image = block["image_file"], image.kind == .object else { break }
            block.take("image_file")
            let part = try file(image)
            return [block.rest.isEmpty ? part : part.with(native: slice, format: format)]
        case "image_url":
            if let url = block.textIfAny("image_url") {
                return [MessagePart.file(MessageFile(url: url)).keeping(block, format: format)]
            }
            let url = block["image_url"]?.firstMember("url")?.string
            return [MessagePart.file(MessageFile(url: url)).keeping(block, format: format)]
        default: break
        }
        return [MessagePart(.data).with(native: slice, format: format)]
    }

    /// A call, and its result if it is there.
    private static func toolCall(_ slice: JSONSlice, in block: inout ForeignObject) throws -> [MessagePart] {
        block.take("tool_call")
        var call = try ForeignObject(slice, at: "messages[].content[].tool_call")
        if call["type"]?.string == "tool_call" { call.take("type") }
        var part = MessagePart(.toolCall, name: call.name("name"), callID: call.name("id"))
        if let arguments = call.take("args") { part.input = arguments.string ?? arguments.text }
        var result: MessagePart?
        if let output = call["output"], !output.isEmpty {
            call.take("output")
            result = MessagePart(
                .toolResult, name: part.name, callID: part.callID, output: output.string ?? output.text)
        }
        if !(call.rest.isEmpty && block.rest.isEmpty) { part = part.with(native: block.slice, format: format) }
        return [part] + (result.map { [$0] } ?? [])
    }

    private static func file(_ slice: JSONSlice) throws -> MessagePart {
        var object = try ForeignObject(slice, at: "messages[].files[]")
        var file = MessageFile(
            mediaType: object.name("type"), name: object.name("filename", upTo: Limits.fileNameScalars.upperBound),
            url: object.textIfAny("filepath"), id: object.name("file_id"))
        file.size = object.size("bytes")
        guard file.name != nil || file.url != nil || file.id != nil else {
            return MessagePart(.data).with(native: slice, format: format)
        }
        return MessagePart.file(file).keeping(object, format: format)
    }
}
