import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// Claude's export, `conversations.json`, or one conversation as the web app's API gives it.
    static let claude = ChatForm(name: "a Claude export", unit: .conversation) { value in
        [try ClaudeConversation(value).conversation]
    }
}

/// A conversation of Claude's export.
struct ClaudeConversation {
    static let format = "claude.export"

    /// The conversation.
    private(set) var conversation = ForeignConversation()

    init(_ value: JSONSlice) throws {
        var object = try ForeignObject(value, at: "")
        do {
            try readHead(of: &object)
            let model = object["model"]?.string?.partName
            guard let messages = object.take("chat_messages") else {
                throw InvalidConversation(reason: "has no chat_messages")
            }
            guard messages.kind == .array else { throw object.mismatch("chat_messages", messages, "an array") }
            var room = MetadataRoom()
            room.takeRest(of: object, prefix: "conversation")
            conversation.metadata = room.metadata
            conversation.leftOut = room.leftOut
            try read(messages.elementList, model: model)
        } catch var problem as InvalidConversation {
            problem.id = conversation.id
            throw problem
        }
    }

    private mutating func readHead(of object: inout ForeignObject) throws {
        let other = object["conversation_id"]?.string
        let id = try object.id("uuid")
        if id == nil || other == id { object.take("conversation_id") }
        conversation.id = (id ?? other).flatMap { $0.isEmpty ? nil : ConversationID($0) }
        let name = try object.text("name").flatMap { $0.isEmpty ? nil : $0 }
        conversation.title = name ?? object.textIfAny("title")
        conversation.createdAt = try object.time("created_at")
        conversation.updatedAt = try object.time("updated_at")
        conversation.head = try object.id("current_leaf_message_uuid")
        for (member, label) in [("is_archived", "archived"), ("is_starred", "starred"), ("is_pinned", "pinned")] {
            guard let isSet = object[member]?.boolean else { continue }
            object.take(member)
            if isSet { conversation.labels.insert(Label(label)) }
        }
    }

    private mutating func read(_ messages: [JSONSlice], model: String?) throws {
        let hasParents = messages.contains { $0.present("parent_message_uuid")?.isEmpty == false }
        for (index, message) in messages.enumerated() {
            let message = try ClaudeMessage(message, index: index, defaultModel: model)
            var node = ForeignConversation.Node(id: message.id, createdAt: message.createdAt)
            if hasParents { node.parent = message.parent.map { .node($0) } ?? .none }
            node.bodies = message.entry.messages(leavingOut: &conversation.leftOut)
            conversation.nodes.append(node)
        }
    }
}

extension ClaudeConversation {
    /// The roles by the names that Claude's export has for them.
    static func role(_ sender: String) -> Role {
        switch sender {
        case "human": .user
        case "assistant": .assistant
        default: Role(rawValue: sender)
        }
    }
}
