import ChatStorageCore
import ChatStorageJSON

/// Reads content blocks as parts.
struct BlockReader {
    /// Takes the bytes of files out of blocks; nil leaves them in the native JSON.
    let extracting: FileExtraction?

    /// Reads a block.
    ///
    /// - Returns: One part; after a tool's result, its files too.
    /// - Throws: ``ProviderFormError``, and what the extraction throws.
    func parts(of slice: JSONSlice, at path: String) throws -> [MessagePart] {
        var block = try JSONFields(slice, at: path)
        let type = try block.requiredString("type")
        let canHaveFiles = type.hasSuffix("tool_result") || Self.file(in: slice) != nil
        let extracted =
            canHaveFiles ? try FileInJSON.extract(from: slice, extracting: extracting, find: Self.file(in:)) : nil
        if let extracted { block = try JSONFields(extracted.json, at: path) }
        var part = Self.part(of: block, type: type)
        var files = Self.filesInResult(of: block, type: type, extracted: extracted?.files)
        if part.kind == .file, let extracted { part.file = extracted.files.first }
        if extracted != nil {
            part.native = NativeJSON(format: AnthropicMessages.format, json: JSONText(block.slice))
        } else {
            let written = BlockWriter.portable(part, files: files)
            part.native = NativeRule.native(block.slice, format: AnthropicMessages.format, unless: written)
        }
        for index in files.indices { files[index].callID = part.callID }
        return [part] + files
    }

    private static func part(of block: JSONFields, type: String) -> MessagePart {
        switch type {
        case "text": MessagePart(.text, text: StorableText.text(block.string("text")))
        case "thinking":
            MessagePart(.reasoning, text: StorableText.text(block.string("thinking")).flatMap { $0.isEmpty ? nil : $0 })
        case "redacted_thinking": MessagePart(.reasoning)
        case "tool_use", "server_tool_use", "mcp_tool_use":
            MessagePart(
                .toolCall, name: StorableText.name(block.string("name")), callID: StorableText.name(block.string("id")),
                input: block["input"]?.text)
        case "image", "document", "container_upload":
            MessagePart(.file, file: file(in: block.slice)?.file ?? MessageFile())
        default: type == "tool_result" || type.hasSuffix(resultSuffix) ? result(block, type: type) : other(block, type)
        }
    }

    // MARK: Results

    /// The suffix of types of results from the server's own tools, such as `web_search_tool_result`.
    static let resultSuffix = "_tool_result"

    private static func result(_ block: JSONFields, type: String) -> MessagePart {
        let content = block["content"]
        // Only the type of a result from the API's own tools names the tool.
        let tool = type.hasSuffix(resultSuffix) ? String(type.dropLast(resultSuffix.count)) : ""
        let hasName = !tool.isEmpty && tool != "mcp"
        let contentType = content.flatMap { try? JSONFields($0, at: "") }?.string("type")
        let failed = hasName && contentType?.hasSuffix("_error") == true
        return MessagePart(
            .toolResult, name: hasName ? StorableText.name(tool) : nil,
            callID: StorableText.name(block.string("tool_use_id")),
            isError: block["is_error"]?.boolean ?? (failed ? true : nil),
            output: type == "tool_result" || type == "mcp_tool_result" ? output(content) : content?.text)
    }

    /// A string as it is, or texts joined, since files beside them become separate parts; otherwise the exact JSON.
    private static func output(_ content: JSONSlice?) -> String? {
        guard let content else { return nil }
        if let string = content.string { return StorableText.text(string) }
        guard let elements = content.elements.map(Array.init), !elements.isEmpty else { return content.text }
        var texts: [String] = []
        for element in elements where file(in: element) == nil {
            guard let block = try? JSONFields(element, at: ""), block.string("type") == "text",
                let text = block.string("text")
            else { return content.text }
            texts.append(text)
        }
        return texts.isEmpty ? nil : StorableText.text(texts.joined(separator: "\n"))
    }

    /// The files that the app's tool returned, or that were taken out of a server tool's result.
    private static func filesInResult(
        of block: JSONFields, type: String, extracted: [MessageFile]?
    ) -> [MessagePart] {
        guard type == "tool_result" || extracted != nil, type.hasSuffix("tool_result"), let content = block["content"]
        else { return [] }
        if let extracted { return extracted.map(MessagePart.file) }
        return FileInJSON.all(in: content, find: file(in:)).map { .file($0.file) }
    }

    // MARK: Others

    private static func other(_ block: JSONFields, _ type: String) -> MessagePart {
        MessagePart(StorableText.kind(type), text: StorableText.text(readable(block)))
    }

    private static func readable(_ block: JSONFields) -> String? {
        if let text = block.string("text") ?? block.string("content") { return text }
        let texts = (block["content"]?.elementList ?? []).compactMap { element in
            (try? JSONFields(element, at: ""))?.string("text")
        }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }
}
