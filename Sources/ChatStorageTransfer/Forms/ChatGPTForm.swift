import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// ChatGPT's export: `conversations.json`, or one conversation of it.
    static let chatGPT = ChatForm(name: "a ChatGPT export", unit: .conversation) { value in
        [try ChatGPTConversation(value).conversation]
    }
}

/// A conversation of ChatGPT's export: a `mapping` of nodes, each with one message or none.
struct ChatGPTConversation {
    static let format = "chatgpt.export"

    /// The conversation.
    private(set) var conversation = ForeignConversation()
    /// The model of the conversation, for answers that name none.
    private let defaultModel: String?

    init(_ value: JSONSlice) throws {
        var object = try ForeignObject(value, at: "")
        defaultModel = object["default_model_slug"]?.string
        do {
            try readHead(of: &object)
            guard let mapping = object.take("mapping") else { throw InvalidConversation(reason: "has no mapping") }
            guard mapping.kind == .object else { throw object.mismatch("mapping", mapping, "an object") }
            var room = MetadataRoom()
            room.takeRest(of: object, prefix: "conversation")
            conversation.metadata = room.metadata
            conversation.leftOut = room.leftOut
            try readNodes(mapping)
        } catch var problem as InvalidConversation {
            problem.id = conversation.id
            throw problem
        }
    }

    private mutating func readHead(of object: inout ForeignObject) throws {
        let other = object["id"]?.string
        let id = try object.id("conversation_id")
        if id == nil || other == id { object.take("id") }
        conversation.id = (id ?? other).flatMap { $0.isEmpty ? nil : ConversationID($0) }
        conversation.title = try object.text("title").flatMap { $0.isEmpty ? nil : $0 }
        conversation.createdAt = try object.time("create_time")
        conversation.updatedAt = try object.time("update_time")
        conversation.head = try object.id("current_node")
        for (member, label) in [("is_archived", "archived"), ("is_starred", "starred"), ("is_pinned", "pinned")] {
            guard let isSet = object[member]?.boolean else { continue }
            object.take(member)
            if isSet { conversation.labels.insert(Label(label)) }
        }
    }

    private mutating func readNodes(_ mapping: JSONSlice) throws {
        let nodes = try mapping.memberList.map { (id: $0.key, try ForeignObject($0.value, at: "mapping[]")) }
        // Some exports link nodes in one direction only.
        var parents: [String: String] = [:]
        for (id, node) in nodes {
            for child in node["children"]?.elementList ?? [] {
                if let child = child.string, parents[child] == nil { parents[child] = id }
            }
        }
        for (id, node) in nodes {
            var node = node
            let parent = try node.id("parent") ?? parents[id]
            var read = ForeignConversation.Node(id: id, parent: parent.map { .node($0) } ?? .none)
            node.take("children")
            if node["id"]?.string == id { node.take("id") }
            if let message = node.take("message") {
                var message = try ChatGPTMessage(message, node: id, defaultModel: defaultModel)
                message.entry.room.takeRest(of: node, prefix: "node")
                read.createdAt = message.createdAt
                read.bodies = message.entry.messages(leavingOut: &conversation.leftOut)
            } else {
                for (key, _) in node.rest { conversation.leftOut.insert(node.path(of: key.shortened)) }
            }
            conversation.nodes.append(read)
        }
        ChatGPTCalls.connect(&conversation.nodes)
    }
}

/// Calls and results of ChatGPT's tools, which have no ids: a result follows its call.
enum ChatGPTCalls {
    /// How many messages can be between a call and its result.
    private static let mostBetween = 64

    /// Gives each result the id of the call that it follows.
    static func connect(_ nodes: inout [ForeignConversation.Node]) {
        var places: [String: Int] = [:]
        for (place, node) in nodes.enumerated() {
            if let id = node.id { places[id] = place }
        }
        for place in nodes.indices {
            guard let body = nodes[place].bodies.first, body.role == .tool,
                let callID = call(before: place, in: nodes, places)
            else { continue }
            nodes[place].bodies = nodes[place].bodies.map { $0.answering(callID) }
        }
    }

    private static func call(
        before place: Int, in nodes: [ForeignConversation.Node], _ places: [String: Int]
    ) -> String? {
        var place = place
        for _ in 0..<mostBetween {
            guard case .node(let parent) = nodes[place].parent, let next = places[parent] else { return nil }
            place = next
            guard let body = nodes[place].bodies.last else { continue }
            if let call = body.parts.last(where: { $0.kind == .toolCall }) { return call.callID }
            if body.role == .user { return nil }
        }
        return nil
    }
}

extension ChatMessage {
    /// The message with its parts belonging to a call.
    fileprivate func answering(_ callID: String) -> ChatMessage {
        let parts = parts.map { part in
            let native = part.native
            var part = part
            part.callID = callID
            part.native = native
            return part
        }
        return ChatMessage(role: role, parts: parts, metadata: metadata, key: key, native: native)
    }
}
