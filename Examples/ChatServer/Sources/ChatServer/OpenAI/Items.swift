import ChatStorageCore
import ChatStorageProviders

/// A stored message as the Responses API has it: each part of an answer, each result and each question is an item.
struct Items {
    let message: Message
    private let shown: [MessagePart]

    init(_ message: Message) {
        self.message = message
        shown = message.parts.filter(\.isShown)
    }

    /// All items of the message.
    var all: [JSONValue] {
        switch message.role {
        case .assistant: shown.indices.map { answer($0, isOpen: isOpen && $0 == shown.count - 1) }
        case .tool: shown.indices.compactMap(result)
        default: [question]
        }
    }

    private var isOpen: Bool { message.state == .streaming }

    // MARK: Questions

    private var question: JSONValue {
        [
            "id": .string(Identifiers.item("msg", message.sequence, 0)), "type": "message", "status": "completed",
            "role": .string(message.role.rawValue), "content": .array(message.parts.compactMap(content)),
        ]
    }

    private func content(_ part: MessagePart) -> JSONValue? {
        switch part.kind {
        case .text: return ["type": "input_text", "text": .string(part.text ?? "")]
        case .file:
            let isImage = part.file?.mediaType?.hasPrefix("image/") ?? false
            let url = JSONValue(part.file?.url)
            let id = JSONValue(part.file?.id)
            return isImage
                ? ["type": "input_image", "image_url": url, "file_id": id, "detail": "auto"]
                : ["type": "input_file", "file_url": url, "file_id": id, "filename": JSONValue(part.file?.name)]
        default: return nil
        }
    }

    // MARK: Results

    private func result(_ index: Int) -> JSONValue? {
        let part = shown[index]
        guard part.kind == .toolResult else { return nil }
        return [
            "id": .string(Identifiers.item("fco", message.sequence, index)), "type": "function_call_output",
            "call_id": JSONValue(part.callID), "output": .string(part.output ?? ""), "status": "completed",
        ]
    }

    // MARK: Answers

    /// The id of the item of a part.
    func id(_ index: Int) -> String {
        let kind =
            switch shown[index].kind {
            case .text, .refusal: "msg"
            case .reasoning: "rs"
            case .toolCall: "fc"
            default: "item"
            }
        return Identifiers.item(kind, message.sequence, index)
    }

    /// The item of a part of an answer.
    ///
    /// - Parameter isOpen: Whether more may come of it.
    func answer(_ index: Int, isOpen: Bool) -> JSONValue {
        let part = shown[index]
        let isCut = message.state == .stopped || message.state == .failed
        let status = isOpen ? "in_progress" : isCut && index == shown.count - 1 ? "incomplete" : "completed"
        var item = item(part)
        item["id"] = .string(id(index))
        item["status"] = .string(status)
        return .object(item)
    }

    private func item(_ part: MessagePart) -> JSONObject {
        switch part.kind {
        case .text, .refusal: return ["type": "message", "role": "assistant", "content": [Self.content(of: part)]]
        case .toolCall where part.native == nil:
            return [
                "type": "function_call", "call_id": JSONValue(part.callID), "name": JSONValue(part.name),
                "arguments": .string(part.input ?? ""),
            ]
        case .reasoning where part.native == nil:
            return ["type": "reasoning", "summary": [["type": "summary_text", "text": JSONValue(part.text)]]]
        default:
            // What this API gave goes back as it came.
            let isOwn = part.native?.format == OpenAIResponses.format
            let json = isOwn ? part.native.flatMap { try? JSONValue(parsing: $0.json.text) } : nil
            if case .object(let object)? = json { return object }
            return ["type": .string(part.kind.rawValue)]
        }
    }

    /// What stands in the content of a message item.
    static func content(of part: MessagePart) -> JSONValue {
        part.kind == .refusal
            ? ["type": "refusal", "refusal": .string(part.text ?? "")]
            : ["type": "output_text", "text": .string(part.text ?? ""), "annotations": [], "logprobs": []]
    }
}

extension JSONValue {
    /// A page of a list.
    static func list(_ items: [JSONValue], hasMore: Bool) -> JSONValue {
        [
            "object": "list", "data": .array(items), "has_more": .boolean(hasMore),
            "first_id": items.first?["id"] ?? .null, "last_id": items.last?["id"] ?? .null,
        ]
    }
}
