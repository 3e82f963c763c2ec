import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// The activity history of Microsoft Copilot: a table with one message per row, the newest first.
    ///
    /// It has no ids. Rows with the same title become a conversation, and so do successive rows without a title. Its
    /// times have no zone and are taken as UTC.
    static let copilot = ChatForm(name: "a Microsoft Copilot activity history", unit: .file) {
        try CopilotReader.conversations($0)
    }
}

/// Reads rows of Copilot's history.
private enum CopilotReader {
    static func conversations(_ slice: JSONSlice) throws -> [ForeignConversation] {
        var conversations: [ForeignConversation] = []
        var places: [String: Int] = [:]
        var isAfterUntitled = false
        // A question and its answer have the same second, so only the rows' order says which came first.
        for slice in (slice.elements.map(Array.init) ?? [slice]).reversed() {
            var row = try ForeignObject(slice, at: "[]")
            let title = try row.text("Conversation") ?? ""
            let known = title.isEmpty ? (isAfterUntitled ? conversations.count - 1 : nil) : places[title]
            isAfterUntitled = title.isEmpty
            let place = known ?? conversations.count
            if known == nil {
                var conversation = ForeignConversation()
                conversation.title = title.isEmpty ? nil : title
                conversations.append(conversation)
                if !title.isEmpty { places[title] = place }
            }
            let (node, leftOut) = try node(&row)
            conversations[place].nodes.append(node)
            conversations[place].leftOut.formUnion(leftOut)
        }
        return conversations
    }

    private static func node(_ row: inout ForeignObject) throws -> (ForeignConversation.Node, leftOut: Set<String>) {
        let author = try row.text("Author") ?? ""
        guard let role = ["human": Role.user, "ai": .assistant][author.lowercased()] else {
            throw InvalidConversation(reason: "[].Author is \"\(author.shortened)\", not one of: AI, Human")
        }
        var turn = ForeignTurn(role: role, parts: [.text(try row.text("Message") ?? "")])
        var node = ForeignConversation.Node()
        if let text = try row.text("Time"), !text.isEmpty {
            guard let time = Timestamp(text) ?? Timestamp(text + "Z") else {
                throw InvalidConversation(reason: "[].Time is not a time such as 2026-07-26T23:20:56")
            }
            node.createdAt = time
        }
        row.putRest(into: &turn.room)
        node.bodies = [turn.message]
        return (node, turn.room.leftOut)
    }
}
