import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// A DeepSeek export: a mapping of nodes with fragments instead of contents.
    static let deepSeek = ChatForm(name: "a DeepSeek export", unit: .conversation) {
        [try DeepSeekReader.export($0)]
    }

    /// The history of a chat, as DeepSeek's server sends it to the site.
    static let deepSeekHistory = ChatForm(name: "a DeepSeek chat's history", unit: .conversation) {
        [try DeepSeekReader.history($0)]
    }

    /// A DeepSeek chat as a tree of `children`.
    static let deepSeekTree = ChatForm(name: "a DeepSeek chat's tree", unit: .file) {
        [try DeepSeekReader.tree($0)]
    }
}

/// Reads DeepSeek's conversations.
private enum DeepSeekReader {
    // MARK: The export

    static func export(_ slice: JSONSlice) throws -> ForeignConversation {
        var object = try ForeignObject(slice, at: "")
        var conversation = ForeignConversation()
        conversation.id = try object.id("id").map(ConversationID.init(_:))
        conversation.title = try object.text("title")
        conversation.createdAt = try object.time("inserted_at")
        conversation.updatedAt = try object.time("updated_at")
        guard let mapping = object.take("mapping"), let members = mapping.members else {
            throw InvalidConversation(reason: "has no mapping that is an object")
        }
        for (key, value) in members {
            var outer = try ForeignObject(value, at: "mapping[]")
            outer.take("id")
            outer.take("children")
            var node = ForeignConversation.Node(id: key)
            node.parent = try outer.id("parent").map { .node($0) } ?? .none
            if var message = try outer.object("message") {
                node.createdAt = try message.time("inserted_at")
                var turn = try DeepSeekMessage.turn(&message, role: nil)
                outer.putRest(into: &turn.room)
                node.bodies = [turn.message]
                conversation.leftOut.formUnion(turn.room.leftOut)
            } else {
                conversation.leftOut.formUnion(outer.rest.map { outer.path(of: $0.key.shortened) })
            }
            conversation.nodes.append(node)
        }
        conversation.keepRest(of: object)
        return conversation
    }

    // MARK: The history

    static func history(_ slice: JSONSlice) throws -> ForeignConversation {
        var outer = try ForeignObject(slice, at: "")
        var data = try outer.required("data")
        var inner = try data.required("biz_data")
        var session = try inner.required("chat_session")
        var conversation = ForeignConversation()
        conversation.id = try session.id("id").map(ConversationID.init(_:))
        conversation.title = try session.text("title")
        conversation.createdAt = try session.time("inserted_at")
        conversation.updatedAt = try session.time("updated_at")
        conversation.head = try session.id("current_message_id")
        if session["pinned"]?.boolean == true {
            session.take("pinned")
            conversation.labels.insert("pinned")
        }
        for slice in try inner.elements("chat_messages") {
            var message = try ForeignObject(slice, at: "data.biz_data.chat_messages[]")
            let name = try message.text("role") ?? ""
            guard let role = ["user": Role.user, "assistant": .assistant, "system": .system][name.lowercased()] else {
                throw InvalidConversation(
                    reason: "\(message.path(of: "role")) is \"\(name.shortened)\", not one of: ASSISTANT, SYSTEM, USER")
            }
            var node = ForeignConversation.Node(id: try message.id("message_id"))
            node.parent = try message.id("parent_id").map { .node($0) } ?? .none
            node.createdAt = try message.time("inserted_at")
            let turn = try DeepSeekMessage.turn(&message, role: role)
            node.bodies = [turn.message]
            conversation.leftOut.formUnion(turn.room.leftOut)
            conversation.nodes.append(node)
        }
        conversation.keepRest(of: session, inner, data, outer)
        return conversation
    }

    // MARK: The tree

    static func tree(_ slice: JSONSlice) throws -> ForeignConversation {
        var conversation = ForeignConversation()
        var waiting = (slice.elements.map(Array.init) ?? [slice]).map { (slice: $0, parent: String?.none) }
        waiting.reverse()
        while let (slice, parent) = waiting.popLast() {
            var message = try ForeignObject(slice, at: "[]")
            let name = try message.text("type") ?? ""
            guard let role = ["user": Role.user, "assistant": .assistant][name.lowercased()] else {
                throw InvalidConversation(reason: "[].type is \"\(name.shortened)\", not one of: assistant, user")
            }
            guard let id = try message.id("id") else {
                throw InvalidConversation(reason: "has a message without an id")
            }
            var turn = ForeignTurn(role: role)
            if let thought = try message.text("thought"), !thought.isEmpty { turn.parts.append(.reasoning(thought)) }
            if let text = try message.text("content") { turn.parts.append(.text(text)) }
            waiting += try message.elements("children").reversed().map { ($0, id) }
            message.putRest(into: &turn.room)
            conversation.leftOut.formUnion(turn.room.leftOut)
            conversation.nodes.append(
                ForeignConversation.Node(
                    id: id, parent: parent.map { .node($0) } ?? .none, bodies: [turn.message]))
        }
        return conversation
    }
}
