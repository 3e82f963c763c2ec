import ChatStorageCore
import ChatStorageJSON

/// Reads entries of a transcript as messages.
enum TranscriptReader {
    static func message(_ entry: JSONFields) throws -> ChatMessage {
        let name = try entry.requiredString("role")
        var parts: [MessagePart] = []
        switch name {
        case "tool":
            // Older outputs name no call; then the entry's own id is the call's id.
            let callID = (entry["toolCallID"] ?? entry["id"])?.storableName
            parts = [
                MessagePart(
                    .toolResult, id: entry["id"]?.storableName, name: entry["toolName"]?.storableName, callID: callID,
                    output: output(entry["contents"]))
            ]
        default:
            let kind = name == "reasoning" ? MessagePart.Kind.reasoning : .text
            parts += (entry["contents"]?.elementList ?? []).map { segment($0, kind: kind) }
            parts += (entry["toolCalls"]?.elementList ?? []).map(call)
        }
        return ChatMessage(
            role: role(name), parts: parts.fitting,
            native: NativeJSON(format: FoundationModelsTranscript.format, json: JSONText(entry.slice)))
    }

    /// Entries of unknown kinds count as the model's, since all new kinds so far were.
    private static func role(_ name: String) -> Role {
        switch name {
        case "instructions": .system
        case "user": .user
        case "tool": .tool
        default: .assistant
        }
    }

    private static func segment(_ json: JSONSlice, kind: MessagePart.Kind) -> MessagePart {
        let id = json.member("id")?.storableName
        let type = json.member("type")?.string ?? ""
        if type == "text" { return MessagePart(kind, id: id, text: json.member("text")?.storableText) }
        if type == "structure", let structure = json.member("structure"), let content = structure.member("content") {
            return MessagePart(
                kind, id: id, text: StorableText.text(content.text), name: structure.member("source")?.storableName)
        }
        return MessagePart(StorableText.kind(type), id: id, text: json.member("text")?.storableText)
    }

    private static func call(_ json: JSONSlice) -> MessagePart {
        let id = json.member("id")?.storableName
        return MessagePart(
            .toolCall, name: json.member("name")?.storableName, callID: id,
            input: json.member("arguments")?.textOrJSON)
    }

    /// A tool's output: texts and structures joined, or the exact JSON of anything else.
    private static func output(_ contents: JSONSlice?) -> String? {
        let elements = contents?.elementList ?? []
        let texts = elements.map { element in
            element.member("type")?.string == "structure"
                ? element.member("structure")?.member("content")?.text : element.member("text")?.string
        }
        if texts.contains(nil) { return contents?.textOrJSON }
        return texts.isEmpty ? nil : StorableText.text(texts.compactMap(\.self).joined(separator: "\n"))
    }
}
