import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// A conversation of LangChain's messages as `messages_to_dict` or its serialisation writes them.
    static let langChain = ChatForm(name: "a conversation of LangChain's messages", unit: .file) {
        [try LangChainReader.conversation($0)]
    }

    /// Lines or elements, each a conversation of LangChain's messages with other members beside them.
    static let langChainConversations = ChatForm(
        name: "conversations of LangChain's messages", unit: .conversation
    ) { [try LangChainReader.conversation($0)] }
}

/// Reads conversations of LangChain's messages.
private enum LangChainReader {
    /// Reads an array of messages, or an object whose `messages` they are.
    static func conversation(_ slice: JSONSlice) throws -> ForeignConversation {
        var conversation = ForeignConversation()
        if let messages = slice.elements {
            for message in messages { try add(message, to: &conversation) }
            return conversation
        }
        var object = try ForeignObject(slice, at: "")
        for name in ["id", "conversation_id", "session_id", "thread_id"]
        where conversation.id == nil && object[name] != nil {
            conversation.id = try object.id(name).map(ConversationID.init(_:))
        }
        conversation.title = try object.text("title")
        for message in try object.elements("messages") { try add(message, to: &conversation) }
        conversation.keepRest(of: object)
        return conversation
    }

    private static func add(_ slice: JSONSlice, to conversation: inout ForeignConversation) throws {
        let message = try LangChainMessage(slice)
        // Such a message only asks a list to drop another one.
        if message.kind == "remove" {
            conversation.leftOut.insert("messages[] of type remove")
            return
        }
        let turn = try message.turn()
        conversation.leftOut.formUnion(turn.room.leftOut)
        conversation.nodes.append(ForeignConversation.Node(bodies: [turn.message]))
    }
}

/// A message of LangChain's.
private struct LangChainMessage {
    /// `human`, `ai`, `system`, `developer`, `tool`, `function`, `chat`, `remove`.
    let kind: String
    private var data: ForeignObject
    /// The members beside the data.
    private let outer: ForeignObject

    /// Reads `{"type", "data"}`, a serialised constructor, or a message's own members.
    init(_ slice: JSONSlice) throws {
        var outer = try ForeignObject(slice, at: "messages[]")
        if outer["lc"] != nil, let kwargs = outer["kwargs"], let name = outer["id"]?.elements?.map(\.self).last?.string
        {
            for key in ["lc", "type", "id", "kwargs"] { outer.take(key) }
            data = try ForeignObject(kwargs, at: "messages[].kwargs")
            kind = Self.kind(name)
        } else if let inner = outer["data"], inner.kind == .object {
            kind = Self.kind(try outer.text("type") ?? "")
            outer.take("data")
            data = try ForeignObject(inner, at: "messages[].data")
        } else {
            data = outer
            kind = Self.kind(outer["type"]?.string ?? "")
            outer = try ForeignObject(JSONSlice(validating: Array("{}".utf8)[...]), at: "messages[]")
        }
        if data["type"]?.string == kind { data.take("type") }
        self.outer = outer
    }

    /// The kind in the name of a class, or the name as it is: `AIMessageChunk`, `ai`.
    private static func kind(_ name: String) -> String {
        var name = name
        for ending in ["Chunk", "Message"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
        return name.lowercased()
    }

    func turn() throws -> ForeignTurn {
        var data = data
        var turn = ForeignTurn(role: try role(&data))
        let content = data.take("content")
        switch turn.role {
        case .tool: turn.parts = try result(content, &data)
        default:
            turn.parts = try parts(content)
            try addCalls(to: &turn.parts, &data)
        }
        if let model = Self.model(data) { turn.take(model: model, at: data.path(of: "response_metadata")) }
        data.putRest(into: &turn.room)
        outer.putRest(into: &turn.room)
        return turn
    }

    private func role(_ data: inout ForeignObject) throws -> Role {
        switch kind {
        case "human": return .user
        case "ai": return .assistant
        case "system": return .system
        case "developer": return .developer
        case "tool", "function": return .tool
        case "chat":
            // A speaker without a role of the library's stays in the metadata.
            guard let name = data["role"]?.string, let role = Self.role(name) else { return .assistant }
            data.take("role")
            return role
        default:
            throw InvalidConversation(
                reason: "messages[].type is \"\(kind.shortened)\", not one of: ai, chat, developer, function, human, "
                    + "remove, system, tool")
        }
    }

    private static func role(_ name: String) -> Role? {
        ["user": .user, "human": .user, "assistant": .assistant, "ai": .assistant, "system": .system, "tool": .tool][
            name]
    }

    private static func model(_ data: ForeignObject) -> String? {
        let members = data["response_metadata"]?.memberList ?? []
        return ["model_name", "model"].lazy.compactMap { name in members.first { $0.key == name }?.value.string }.first
    }

    // MARK: Contents

    private func parts(_ content: JSONSlice?) throws -> [MessagePart] {
        guard let content else { return [] }
        if let text = content.string { return text.isEmpty && kind == "ai" ? [] : [.text(text)] }
        guard let blocks = content.elements else {
            throw InvalidConversation(
                reason: "\(data.path(of: "content")) is \(content.kind.rawValue), not a string or an array")
        }
        return try blocks.map(LangChainBlock.part)
    }

    /// A tool's result; files in it are parts after it.
    private func result(_ content: JSONSlice?, _ data: inout ForeignObject) throws -> [MessagePart] {
        var result = MessagePart(.toolResult, name: data.name("name"), callID: data.name("tool_call_id"))
        if let status = data["status"]?.string, ["success", "error"].contains(status) {
            data.take("status")
            result.isError = status == "error"
        }
        var parts = try parts(content)
        let texts = parts.filter { $0.kind == .text && $0.native == nil }.compactMap(\.text)
        parts.removeAll { $0.kind == .text && $0.native == nil }
        for index in parts.indices {
            let native = parts[index].native
            parts[index].callID = result.callID
            parts[index].native = native
        }
        result.output = texts.joined(separator: "\n")
        return [result] + parts
    }

    // MARK: Calls

    /// Adds the calls that are not among the content's blocks.
    private func addCalls(to parts: inout [MessagePart], _ data: inout ForeignObject) throws {
        let calls = try data.elements("tool_calls")
        for call in calls {
            let part = try LangChainBlock.call(ForeignObject(call, at: data.path(of: "tool_calls[]")))
            if !parts.contains(where: { $0.isCall(like: part) }) { parts.append(part) }
        }
        for call in try data.elements("invalid_tool_calls") {
            var part = try LangChainBlock.call(ForeignObject(call, at: data.path(of: "invalid_tool_calls[]")))
            let native = part.native
            part.status = "invalid"
            part.native = native
            parts.append(part)
        }
        guard calls.isEmpty, let members = data["additional_kwargs"]?.memberList else { return }
        // Older versions have only the provider's own members, which stay in the metadata.
        for (key, value) in members {
            switch key {
            case "function_call": if let part = LangChainBlock.function(value, id: nil) { parts.append(part) }
            case "tool_calls":
                for call in value.elementList {
                    let call = call.memberList
                    let id = call.first { $0.key == "id" }?.value.string
                    guard let function = call.first(where: { $0.key == "function" })?.value,
                        let part = LangChainBlock.function(function, id: id),
                        !parts.contains(where: { $0.callID == id })
                    else { continue }
                    parts.append(part)
                }
            default: break
            }
        }
    }
}

extension MessagePart {
    /// Whether it is the same call, its arguments compared by value.
    fileprivate func isCall(like other: MessagePart) -> Bool {
        guard kind == .toolCall, callID == other.callID, name == other.name, let input, let its = other.input else {
            return false
        }
        return input == its || (try? JSONValue(parsing: input) == JSONValue(parsing: its)) ?? false
    }
}
