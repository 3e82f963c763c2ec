import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// A Grok export, `prod-grok-backend.json`.
    static let grok = ChatForm(name: "a Grok export", unit: .element(of: ["conversations"])) {
        [try GrokReader.conversation($0)]
    }
}

/// Reads Grok's conversations.
private enum GrokReader {
    static let format = "grok.export"

    static func conversation(_ slice: JSONSlice) throws -> ForeignConversation {
        var outer = try ForeignObject(slice, at: "")
        guard var object = try outer.object("conversation") else {
            throw InvalidConversation(reason: "has no conversation")
        }
        var conversation = ForeignConversation()
        let id = try object.id("conversation_id") ?? object.id("id")
        conversation.id = id.map(ConversationID.init(_:))
        conversation.title = try object.text("title")
        conversation.createdAt = try time("create_time", of: &object)
        conversation.updatedAt = try time("modify_time", of: &object)
        conversation.head = try object.id("leaf_response_id")
        if object["starred"]?.boolean == true {
            object.take("starred")
            conversation.labels.insert("starred")
        }
        var models: [String: String] = [:]
        for slice in try outer.elements("responses") {
            let (node, leftOut) = try node(slice, of: id, models: &models)
            conversation.nodes.append(node)
            conversation.leftOut.formUnion(leftOut)
        }
        // An export without parents is one path; in others, a response without a parent begins a new one.
        if conversation.nodes.contains(where: { if case .node = $0.parent { true } else { false } }) {
            for index in conversation.nodes.indices where conversation.nodes[index].parent == .before {
                conversation.nodes[index].parent = .none
            }
        }
        conversation.keepRest(of: object, outer)
        return conversation
    }

    private static func node(
        _ slice: JSONSlice, of conversation: String?, models: inout [String: String]
    ) throws -> (ForeignConversation.Node, leftOut: Set<String>) {
        var outer = try ForeignObject(slice, at: "responses[]")
        guard var response = try outer.object("response") else {
            throw InvalidConversation(reason: "has a response without its members")
        }
        let sender = try response.text("sender") ?? ""
        guard let role = ["human": Role.user, "user": .user, "assistant": .assistant][sender.lowercased()] else {
            throw InvalidConversation(
                reason: "\(response.path(of: "sender")) is \"\(sender.shortened)\", not one of: assistant, human")
        }
        var turn = ForeignTurn(role: role)
        for name in ["response_id", "_id"] {
            if let id = response[name] { turn.room.take(name, id, at: response.path(of: name)) }
        }
        var node = ForeignConversation.Node(id: try response.id("response_id") ?? response.id("_id"))
        let parent = try response.id("parent_response_id")
        if let parent { node.parent = .node(parent) }
        node.createdAt = try time("create_time", of: &response)
        if let own = response["conversation_id"]?.string, own == conversation { response.take("conversation_id") }
        // A question names the model that it asks; its answer often names none.
        let requested = response["metadata"]?.firstMember("requestModelDetails")?.firstMember("modelId")?.string
        if let id = node.id, let requested { models[id] = requested }
        let model =
            try response.text("model") ?? (role == .assistant ? requested ?? parent.flatMap { models[$0] } : nil)
        turn.take(model: model, at: response.path(of: "model"))
        turn.parts = try parts(&response)
        response.putRest(into: &turn.room)
        outer.putRest(into: &turn.room)
        node.bodies = [turn.message]
        return (node, turn.room.leftOut)
    }

    private static func parts(_ response: inout ForeignObject) throws -> [MessagePart] {
        var parts: [MessagePart] = []
        if let thought = response.textIfAny("thinking_trace"), !thought.isEmpty { parts.append(.reasoning(thought)) }
        for step in try response.elements("steps") {
            parts.append(MessagePart(.data).with(native: step, format: format))
        }
        if let text = try response.text("message"), !text.isEmpty { parts.append(.text(text)) }
        for name in ["image_attachments", "file_attachments", "generated_image_urls"] {
            for slice in try response.elements(name) { parts.append(file(slice, isAddress: name.hasSuffix("urls"))) }
        }
        for name in ["cited_web_search_results", "web_search_results"] {
            for slice in try response.elements(name) { parts.append(source(slice)) }
        }
        return parts
    }

    private static func file(_ slice: JSONSlice, isAddress: Bool) -> MessagePart {
        if let text = slice.string {
            if isAddress || text.contains("://") { return .file(MessageFile(url: text)) }
            let fits = Limits.partNameScalars.contains(text.unicodeScalars.count)
            return .file(fits ? MessageFile(id: text) : MessageFile(url: text))
        }
        guard var object = try? ForeignObject(slice, at: "attachments[]") else {
            return MessagePart(.data).with(native: slice, format: format)
        }
        let file = MessageFile(
            mediaType: object.name("mime_type"),
            name: object.name("file_name", upTo: Limits.fileNameScalars.upperBound),
            size: object.size("file_size"), url: object.textIfAny("url"),
            id: object.name("file_id") ?? object.name("id"))
        return MessagePart.file(file).keeping(object, format: format)
    }

    private static func source(_ slice: JSONSlice) -> MessagePart {
        guard var object = try? ForeignObject(slice, at: "web_search_results[]") else {
            return MessagePart(.source).with(native: slice, format: format)
        }
        let part = MessagePart(
            .source, text: object.textIfAny("title"), file: MessageFile(url: object.textIfAny("url")))
        return part.keeping(object, format: format)
    }

    /// A time as a text, or as MongoDB's `{"$date": {"$numberLong": "1737381600000"}}`.
    private static func time(_ key: String, of object: inout ForeignObject) throws -> Timestamp? {
        guard let date = object[key]?.firstMember("$date") else { return try object.time(key) }
        object.take(key)
        if let text = date.string, let time = Timestamp(text) { return time }
        guard let number = date.firstMember("$numberLong")?.string ?? date.integer.map(String.init),
            let time = EpochTime.time(number, in: .milliseconds)
        else { throw InvalidConversation(reason: "\(object.path(of: key)) is not a time") }
        return time
    }
}
