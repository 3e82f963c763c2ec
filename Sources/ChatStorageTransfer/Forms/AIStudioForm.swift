import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// A prompt that Google AI Studio keeps on Google Drive.
    static let aiStudio = ChatForm(name: "a Google AI Studio prompt", unit: .conversation) {
        [try AIStudioReader.conversation($0)]
    }
}

/// Reads prompts of Google AI Studio.
private enum AIStudioReader {
    static func conversation(_ slice: JSONSlice) throws -> ForeignConversation {
        var object = try ForeignObject(slice, at: "")
        var conversation = ForeignConversation()
        conversation.id = try object.id("id").map(ConversationID.init(_:))
        conversation.title = try object.text("displayName") ?? object.text("title")
        conversation.createdAt = try object.time("createTime")
        conversation.updatedAt = try object.time("updateTime")
        var room = MetadataRoom()
        if let instruction = try instruction(&object, &room) {
            conversation.nodes.append(ForeignConversation.Node(bodies: [.system(instruction)]))
        }
        let model = object["runSettings"]?.firstMember("model")?.string
        var prompt = try object.object("chunkedPrompt") ?? ForeignObject(slice, at: "")
        let chunks = try prompt.elements("chunks").map { try AIStudioChunk($0) }
        let ids = Set(chunks.compactMap(\.id))
        for run in try AIStudioRun.runs(of: chunks, ids: ids) {
            let (node, leftOut) = run.node(model: model)
            conversation.nodes.append(node)
            conversation.leftOut.formUnion(leftOut)
        }
        // Text that was typed and not sent is in here.
        prompt.putRest(into: &room)
        object.putRest(into: &room)
        conversation.metadata = room.metadata
        conversation.leftOut.formUnion(room.leftOut)
        return conversation
    }

    /// The instruction to the model: a text, or the texts of its parts.
    private static func instruction(_ object: inout ForeignObject, _ room: inout MetadataRoom) throws -> String? {
        if let text = object.textIfAny("systemInstruction") { return text.isEmpty ? nil : text }
        guard var instruction = try object.object("systemInstruction") else { return nil }
        var texts = [try instruction.text("text")].compactMap(\.self)
        for slice in try instruction.elements("parts") {
            var part = try ForeignObject(slice, at: "systemInstruction.parts[]")
            if let text = try part.text("text") { texts.append(text) }
            part.putRest(into: &room)
        }
        instruction.putRest(into: &room)
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }
}

/// Successive chunks of one speaker, which become one message.
///
/// A chunk with an id or a branch becomes a message of its own, since something may refer to it.
private struct AIStudioRun {
    private var first: AIStudioChunk
    private var parent: ForeignConversation.Parent
    private var createdAt: Timestamp?
    private var parts: [MessagePart]
    /// The last chunk; the rest of it goes to the message's metadata.
    private var last: AIStudioChunk

    private init(_ chunk: AIStudioChunk, ids: Set<String>) throws {
        var chunk = chunk
        parent = chunk.parent(in: ids).map { .node($0) } ?? .before
        createdAt = try chunk.object.time("createTime")
        parts = try chunk.parts()
        (first, last) = (chunk, chunk)
    }

    private mutating func add(_ chunk: AIStudioChunk) throws {
        var chunk = chunk
        if createdAt == nil { createdAt = try chunk.object.time("createTime") }
        let added = try chunk.parts()
        if !last.object.rest.isEmpty, !parts.isEmpty { parts[parts.count - 1] = last.whole(parts[parts.count - 1]) }
        parts += added
        last = chunk
    }

    static func runs(of chunks: [AIStudioChunk], ids: Set<String>) throws -> [AIStudioRun] {
        var runs: [AIStudioRun] = []
        for chunk in chunks {
            let joins = chunk.isAlone || runs.last.map { $0.first.isAlone || $0.first.role != chunk.role } ?? true
            if joins { runs.append(try AIStudioRun(chunk, ids: ids)) } else { try runs[runs.count - 1].add(chunk) }
        }
        return runs
    }

    func node(model: String?) -> (ForeignConversation.Node, leftOut: Set<String>) {
        var turn = ForeignTurn(role: first.role)
        turn.parts = AIStudioChunk.withCallIDs(parts)
        if turn.role == .assistant { turn.take(model: model, at: "runSettings.model") }
        if let id = first.id, let slice = JSONSlice(string: id) { turn.room.take("id", slice, at: first.object.path) }
        last.object.putRest(into: &turn.room)
        let node = ForeignConversation.Node(
            id: first.id, parent: parent, bodies: [turn.message], createdAt: createdAt)
        return (node, turn.room.leftOut)
    }
}
