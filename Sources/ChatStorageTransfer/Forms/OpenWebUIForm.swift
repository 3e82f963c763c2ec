import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// Open WebUI's export: rows of its table of chats, each around a chat.
    static let openWebUI = ChatForm(name: "an Open WebUI export", unit: .conversation) { value in
        [try OpenWebUIChat(row: value).conversation]
    }

    /// A chat of Open WebUI without its row.
    static let openWebUIChat = ChatForm(name: "an Open WebUI chat", unit: .conversation) { value in
        var chat = OpenWebUIChat()
        try chat.read(value, at: "", isWhole: true)
        return [chat.conversation]
    }
}

/// A conversation of Open WebUI.
struct OpenWebUIChat {
    static let format = "openwebui.export"

    /// The conversation.
    private(set) var conversation = ForeignConversation()
    private var room = MetadataRoom()

    init() {}

    init(row value: JSONSlice) throws {
        var object = try ForeignObject(value, at: "")
        conversation.id = try object.id("id").map { ConversationID($0) }
        do {
            conversation.title = try object.text("title").flatMap { $0.isEmpty ? nil : $0 }
            conversation.createdAt = try object.time("created_at")
            conversation.updatedAt = try object.time("updated_at")
            for label in ["archived", "pinned"] {
                guard let isSet = object[label]?.boolean else { continue }
                object.take(label)
                if isSet { conversation.labels.insert(Label(label)) }
            }
            if let meta = object["meta"], meta.memberList.count == 1, label(meta.present("tags")) {
                object.take("meta")
            }
            guard let chat = object.take("chat") else { throw InvalidConversation(reason: "has no chat") }
            room.takeRest(of: object, prefix: "row")
            try read(chat, at: "chat", isWhole: false)
        } catch var problem as InvalidConversation {
            problem.id = conversation.id
            throw problem
        }
    }

    /// Reads a chat.
    ///
    /// - Parameter isWhole: Whether the chat stands alone, without a row around it.
    mutating func read(_ value: JSONSlice, at path: String, isWhole: Bool) throws {
        var object = try ForeignObject(value, at: path)
        if isWhole { conversation.id = try object.id("id").map { ConversationID($0) } }
        if object["id"]?.string == conversation.id?.rawValue { object.take("id") }
        if conversation.title == nil || object["title"]?.string == conversation.title {
            conversation.title = try object.text("title").flatMap { $0.isEmpty ? nil : $0 }
        }
        // The chat's own time has milliseconds, and its row's has seconds.
        if isWhole { conversation.createdAt = try object.time("timestamp", in: .milliseconds) }
        if label(object["tags"]) { object.take("tags") }
        let list = object["messages"]?.kind == .array ? object.take("messages")?.elementList ?? [] : []
        var messages: [(id: String?, value: JSONSlice)] = []
        if var history = object["history"]?.kind == .object ? try object.object("history") : nil {
            conversation.head = try history.id("currentId")
            messages = history["messages"]?.memberList.map { ($0.key, $0.value) } ?? []
            if history["messages"]?.kind == .object { history.take("messages") }
            room.takeRest(of: history, prefix: "history")
        }
        // The list is a copy of the path that is shown.
        if messages.isEmpty {
            messages = list.map { ($0.present("id")?.string, $0) }
        } else {
            let said = Dictionary(messages.map { ($0.id, $0.value.present("content")?.string) }) { first, _ in first }
            if !list.allSatisfy({ said[$0.present("id")?.string] == $0.present("content")?.string }) {
                conversation.leftOut.insert(object.path(of: "messages"))
            }
        }
        room.takeRest(of: object, prefix: "chat")
        conversation.metadata = room.metadata
        conversation.leftOut.formUnion(room.leftOut)
        let hasParents = messages.contains { $0.value.present("parentId") != nil }
        for (id, value) in messages {
            let message = try OpenWebUIMessage(value, id: id)
            var node = ForeignConversation.Node(id: id, createdAt: message.createdAt)
            if hasParents { node.parent = message.parent.map { .node($0) } ?? .none }
            node.bodies = message.entry.messages(leavingOut: &conversation.leftOut)
            conversation.nodes.append(node)
        }
    }

    /// Makes labels from tags, which are names or objects with names; false if some cannot be labels.
    private mutating func label(_ tags: JSONSlice?) -> Bool {
        guard let elements = tags?.elementList, !elements.isEmpty else { return false }
        let labels = elements.map { tag in
            let hasMore = tag.memberList.contains { $0.key != "name" && !$0.value.isEmpty }
            return hasMore ? nil : (tag.string ?? tag.present("name")?.string).map { Label("tag:\($0)") }
        }
        var all = conversation.labels
        for label in labels {
            guard let label, Limits.labelScalars.contains(label.rawValue.unicodeScalars.count) else { return false }
            all.insert(label)
        }
        guard all.count <= Limits.labels else { return false }
        conversation.labels = all
        return true
    }
}
