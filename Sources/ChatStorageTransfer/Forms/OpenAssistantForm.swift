import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// A tree of Open Assistant's: a prompt and the replies to it.
    static let openAssistant = ChatForm(name: "an Open Assistant tree", unit: .conversation) {
        [try OpenAssistantReader.conversation($0)]
    }
}

/// Reads Open Assistant's trees.
private enum OpenAssistantReader {
    static func conversation(_ slice: JSONSlice) throws -> ForeignConversation {
        var object = try ForeignObject(slice, at: "")
        var conversation = ForeignConversation()
        conversation.id = try object.id("message_tree_id").map(ConversationID.init(_:))
        guard let prompt = object.take("prompt") else { throw InvalidConversation(reason: "has no prompt") }
        // Answers of the lowest rank are the best, and their path is the one to show.
        var waiting: [(slice: JSONSlice, parent: String?, isBest: Bool)] = [(prompt, nil, true)]
        while let (slice, parent, isBest) = waiting.popLast() {
            var message = try ForeignObject(slice, at: "messages[]")
            let name = try message.text("role") ?? ""
            guard let role = ["prompter": Role.user, "assistant": .assistant][name] else {
                throw InvalidConversation(
                    reason: "a message's role is \"\(name.shortened)\", not one of: assistant, prompter")
            }
            guard let id = try message.id("message_id") else {
                throw InvalidConversation(reason: "has a message without a message_id")
            }
            if isBest { conversation.head = id }
            message.take("parent_id")
            let replies = try message.elements("replies")
            let best = replies.indices.min { rank(replies[$0]) < rank(replies[$1]) }
            for index in replies.indices.reversed() {
                waiting.append((replies[index], id, isBest && index == best))
            }
            var turn = ForeignTurn(role: role, parts: [.text(try message.text("text") ?? "")])
            if let slice = JSONSlice(string: id) { turn.room.take("message_id", slice, at: "messages[].message_id") }
            var node = ForeignConversation.Node(id: id, parent: parent.map { .node($0) } ?? .none)
            node.createdAt = try message.time("created_date")
            message.putRest(into: &turn.room)
            node.bodies = [turn.message]
            conversation.nodes.append(node)
            conversation.leftOut.formUnion(turn.room.leftOut)
        }
        conversation.keepRest(of: object)
        return conversation
    }

    private static func rank(_ reply: JSONSlice) -> Int64 { reply.firstMember("rank")?.integer ?? .max }
}
