import ChatStorageCore
import ChatStorageJSON

/// Reads the blocks of LangChain's contents: its own, and providers' blocks that it passes on.
enum LangChainBlock {
    private static let format = "langchain.messages"

    static func part(_ slice: JSONSlice) throws -> MessagePart {
        if let text = slice.string { return .text(text) }
        var block = try ForeignObject(slice, at: "messages[].content[]")
        guard let type = block.textIfAny("type") else { return whole(.data, slice) }
        switch type {
        case "text", "output_text", "input_text":
            guard let text = block.textIfAny("text") else { break }
            return type == "text" ? MessagePart.text(text).keeping(block, format: format) : whole(.text, slice, text)
        case "thinking", "reasoning", "redacted_thinking", "reasoning_content":
            let text = block.textIfAny("thinking") ?? block.textIfAny("reasoning")
            return whole(.reasoning, slice, text)
        case "refusal":
            guard let text = block.textIfAny("refusal") else { break }
            return MessagePart(.refusal, text: text).keeping(block, format: format)
        case "tool_call": return call(block)
        case "tool_use", "server_tool_use", "server_tool_call", "function_call":
            return whole(slice, named: call(block))
        case "tool_result", "server_tool_result":
            let id = block.name("tool_use_id") ?? block.name("tool_call_id")
            let output = block.take("content") ?? block.take("output")
            return whole(
                slice, named: MessagePart(.toolResult, callID: id, output: output.map { $0.string ?? $0.text }))
        case "image_url", "image", "file", "audio", "video", "document", "input_audio", "input_image", "input_file",
            "media", "text-plain":
            return file(block)
        default: break
        }
        return whole(.data, slice)
    }

    /// A call with its arguments as they are written.
    static func call(_ object: ForeignObject) -> MessagePart {
        var object = object
        if object["type"]?.string?.hasSuffix("tool_call") == true { object.take("type") }
        let id = object.name("call_id") ?? object.name("id")
        var part = MessagePart(.toolCall, name: object.name("name"), callID: id)
        let arguments = object.take("args") ?? object.take("input") ?? object.take("arguments")
        part.input = arguments.map { $0.string ?? $0.text }
        return part.keeping(object, format: format)
    }

    /// A call of OpenAI's older API.
    static func function(_ slice: JSONSlice, id: String?) -> MessagePart? {
        guard slice.kind == .object, var object = try? ForeignObject(slice, at: "function") else { return nil }
        return MessagePart(
            .toolCall, name: object.name("name"), callID: id,
            input: object.take("arguments").map { $0.string ?? $0.text })
    }

    private static func file(_ object: ForeignObject) -> MessagePart {
        var object = object
        let slice = object.slice
        var file = MessageFile(
            mediaType: object.name("mime_type"), name: object.name("filename", upTo: Limits.fileNameScalars.upperBound),
            url: object.textIfAny("url") ?? object.textIfAny("image_url"), id: object.name("file_id"))
        if let image = object["image_url"] {
            file.url = image.firstMember("url")?.string
        }
        if let data = object["base64"]?.string ?? object["data"]?.string { file.size = Base64Size.size(of: data) }
        if file.mediaType == nil { file.mediaType = file.url.flatMap(Base64Size.mediaType(ofDataURL:)) }
        return whole(slice, named: .file(file))
    }

    private static func whole(_ kind: MessagePart.Kind, _ slice: JSONSlice, _ text: String? = nil) -> MessagePart {
        whole(slice, named: MessagePart(kind, text: text))
    }

    private static func whole(_ slice: JSONSlice, named part: MessagePart) -> MessagePart {
        part.with(native: slice, format: format)
    }
}

/// Facts about a base64 text, found without decoding it.
enum Base64Size {
    /// How many bytes a text decodes to; nil if it is not base64.
    static func size(of text: String) -> Int64? {
        let bytes = text.utf8
        guard bytes.count % 4 == 0 else { return nil }
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return padding <= 2 ? Int64(bytes.count / 4 * 3 - padding) : nil
    }

    /// The media type of a `data:` URL.
    static func mediaType(ofDataURL url: String) -> String? {
        guard url.hasPrefix("data:"), let end = url.firstIndex(where: { $0 == ";" || $0 == "," }) else { return nil }
        let type = url[url.index(url.startIndex, offsetBy: 5)..<end]
        return type.isEmpty || type.unicodeScalars.count > Limits.partNameScalars.upperBound ? nil : String(type)
    }
}
