import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// Gemini's part of Google's activity history, `MyActivity.json` of a Takeout: one record for a question and its
    /// answer.
    ///
    /// Records whose addresses name the same chat become one conversation; any other record becomes its own.
    static let geminiTakeout = ChatForm(name: "Gemini's activity history", unit: .file) {
        try GeminiTakeoutReader.conversations($0)
    }
}

/// Reads records of Gemini's activity.
private enum GeminiTakeoutReader {
    static let format = "google.takeout"
    /// The words before the question in the title, in the known languages.
    private static let prefixes = ["Prompted ", "送信したメッセージ: "]

    static func conversations(_ slice: JSONSlice) throws -> [ForeignConversation] {
        var conversations: [ForeignConversation] = []
        var places: [String: Int] = [:]
        var leftOut: Set<String> = []
        // The newest record is first.
        for slice in (slice.elements.map(Array.init) ?? [slice]).reversed() {
            let record = try GeminiRecord(slice)
            guard record.isChat else {
                leftOut.insert("[] of an activity that is no chat")
                continue
            }
            leftOut.formUnion(record.leftOut)
            if let thread = record.thread, let place = places[thread] {
                conversations[place].nodes.append(record.node)
                continue
            }
            var conversation = ForeignConversation()
            conversation.id = record.thread.map(ConversationID.init(_:))
            conversation.nodes = [record.node]
            if let thread = record.thread { places[thread] = conversations.count }
            conversations.append(conversation)
        }
        if !conversations.isEmpty { conversations[0].leftOut = leftOut }
        return conversations
    }

    /// A record: what was asked, and what was answered.
    private struct GeminiRecord {
        /// Whether somebody asked something; other records say, for example, that a draft was chosen or a canvas was
        /// made.
        let isChat: Bool
        /// The chat that its address names.
        let thread: String?
        let node: ForeignConversation.Node
        let leftOut: Set<String>

        init(_ slice: JSONSlice) throws {
            var record = try ForeignObject(slice, at: "[]")
            let title = record["title"]
            var text = try record.text("title") ?? ""
            let prefix = prefixes.first(where: text.hasPrefix)
            if let prefix { text.removeFirst(prefix.count) }
            let answers = try record.elements("safeHtmlItem")
            isChat = prefix != nil || !answers.isEmpty
            thread = Self.thread(record["titleUrl"]?.string)
            let createdAt = try record.time("time")
            var question = ForeignTurn(role: .user)
            var said = MessagePart.text(text)
            // The part keeps the whole title, since the question lacks the prefix.
            if let title, prefix != nil { said = said.with(native: title, format: format) }
            question.parts = [said] + (try record.elements("attachedFiles")).map(Self.file)
            record.putRest(into: &question.room)
            var bodies = [question.message]
            if !answers.isEmpty { bodies.append(ChatMessage(role: .assistant, parts: try answers.map(Self.answer))) }
            node = ForeignConversation.Node(bodies: bodies, createdAt: createdAt)
            leftOut = question.room.leftOut
        }

        /// The last name in `https://gemini.google.com/app/c/NAME?hl=en`.
        private static func thread(_ url: String?) -> String? {
            guard let url, let start = url.firstRange(of: "gemini.google.com/app/")?.upperBound else { return nil }
            let path = url[start...].prefix { $0 != "?" && $0 != "#" }
            return path.split(separator: "/").last.map(String.init)
        }

        private static func answer(_ slice: JSONSlice) throws -> MessagePart {
            let item = try ForeignObject(slice, at: "[].safeHtmlItem[]")
            guard let html = item["html"]?.string else { return MessagePart(.data).with(native: slice, format: format) }
            return MessagePart.text(HTMLText.text(of: html)).with(native: slice, format: format)
        }

        private static func file(_ slice: JSONSlice) -> MessagePart {
            if let name = slice.string { return .file(MessageFile(name: name)) }
            guard var object = try? ForeignObject(slice, at: "[].attachedFiles[]") else {
                return MessagePart(.data).with(native: slice, format: format)
            }
            let file = MessageFile(
                name: object.name("name", upTo: Limits.fileNameScalars.upperBound), url: object.textIfAny("url"))
            return MessagePart.file(file).keeping(object, format: format)
        }
    }
}
