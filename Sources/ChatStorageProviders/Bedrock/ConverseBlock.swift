import ChatStorageCore
import ChatStorageJSON

/// Reads content blocks as parts, and writes them from portable members.
///
/// A block is an object whose one member names its kind.
enum ConverseBlock {
    private static let kinds = [
        "text", "toolUse", "toolResult", "reasoningContent", "image", "document", "video", "audio", "citationsContent",
        "cachePoint", "guardContent", "searchResult",
    ]

    /// A block's kind and value.
    static func content(of block: JSONSlice) -> (kind: String, value: JSONSlice)? {
        let members = block.memberList
        let member = members.last { kinds.contains($0.key) } ?? (members.count == 1 ? members.first : nil)
        return member.map { ($0.key, $0.value) }
    }

    // MARK: Reading

    /// - Returns: One part; after a tool's result its files, after a text with citations its sources.
    /// - Throws: ``ProviderFormError``, and what the extraction throws.
    static func parts(of slice: JSONSlice, at path: String, extracting: FileExtraction?) throws -> [MessagePart] {
        guard slice.kind == .object else { throw JSONFields.wrong(path, slice, "an object") }
        let extracted = try FileInJSON.extract(from: slice, extracting: extracting, find: file(in:))
        let block = extracted?.json ?? slice
        let (kind, value) = content(of: block) ?? ("", block)
        var part = part(kind, value)
        var others: [MessagePart] = []
        let files = extracted?.files ?? FileInJSON.all(in: block, find: file(in:)).map(\.file)
        switch part.kind {
        case .file: part.file = files.first ?? MessageFile()
        case .toolResult:
            others = files.map { MessagePart(.file, callID: part.callID, file: $0) }
        default: others = kind == "citationsContent" ? sources(value) : []
        }
        let written = extracted == nil && part.kind != .file ? portable(part, files: others) : nil
        part.native = NativeRule.native(block, format: BedrockConverse.format, unless: written)
        return [part] + others
    }

    private static func part(_ kind: String, _ value: JSONSlice) -> MessagePart {
        switch kind {
        case "text": return MessagePart(.text, text: value.storableText)
        case "toolUse":
            return MessagePart(
                .toolCall, name: value.member("name")?.storableName, callID: value.member("toolUseId")?.storableName,
                input: value.member("input")?.text)
        case "toolResult":
            let status = value.member("status")?.string
            return MessagePart(
                .toolResult, callID: value.member("toolUseId")?.storableName,
                isError: status.map { $0 == "error" }, output: output(value.member("content")))
        case "reasoningContent":
            return MessagePart(.reasoning, text: value.member("reasoningText")?.member("text")?.filledText)
        case "image", "document", "video", "audio": return MessagePart(.file)
        case "citationsContent": return MessagePart(.text, text: value.member("content")?.joinedTexts)
        default: return MessagePart(StorableText.kind(kind), text: value.storableText)
        }
    }

    /// The joined texts, or the only JSON block; otherwise the exact JSON of everything but files.
    private static func output(_ content: JSONSlice?) -> String? {
        guard let content else { return nil }
        let elements = content.elementList.filter { file(in: $0) == nil }
        if elements.count == 1, let json = elements[0].member("json") { return StorableText.text(json.text) }
        let texts = elements.compactMap { $0.member("text")?.storableText }
        if content.kind != .array || texts.count < elements.count { return content.text }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }

    private static func sources(_ value: JSONSlice) -> [MessagePart] {
        (value.member("citations")?.elementList ?? []).map { citation in
            let url = citation.member("location")?.member("web")?.member("url")?.storableText
            return MessagePart(
                .source, text: citation.member("title")?.filledText, file: url.map { MessageFile(url: $0) })
        }
    }

    // MARK: Files

    /// The block as a file; nil for any other block.
    static func file(in block: JSONSlice) -> FileInJSON? {
        guard block.kind == .object, let (kind, value) = content(of: block),
            ["image", "document", "video", "audio"].contains(kind), let source = value.member("source")
        else { return nil }
        let format = value.member("format")?.string ?? ""
        var file = MessageFile(
            mediaType: StorableText.name(ConverseFile.mediaType(kind, format)),
            name: StorableText.fileName(value.member("name")?.string))
        file.url = source.member("s3Location")?.member("uri")?.storableText
        let bytes = source.member("bytes").flatMap { $0.kind == .string ? $0 : nil }
        file.size = bytes?.string.flatMap(Base64.size) ?? source.member("text")?.string.map { Int64($0.utf8.count) }
        return FileInJSON(file: file, base64: bytes)
    }

    // MARK: Writing

    /// The block for a part's portable members; nil if they do not make one.
    static func portable(_ part: MessagePart, files: [MessagePart] = []) -> String? {
        switch part.kind {
        case .text, .refusal: return part.text.map(text)
        case .toolCall: return call(part)
        case .toolResult: return files.isEmpty ? result(part, files: []) : nil
        default: return nil
        }
    }

    static func text(_ text: String) -> String { JSONWriter.object { $0.member("text", text) } }

    private static func call(_ part: MessagePart) -> String? {
        guard let id = part.callID, let name = part.name else { return nil }
        return JSONWriter.object { json in
            json.name("toolUse")
            json.object { json in
                json.member("toolUseId", id)
                json.member("name", name)
                json.member("input", literal: BlockWriter.input(part.input ?? "").json)
            }
        }
    }

    /// - Parameter files: The blocks of the files that the tool returned.
    static func result(_ part: MessagePart, files: [String]) -> String? {
        guard let id = part.callID else { return nil }
        return JSONWriter.object { json in
            json.name("toolResult")
            json.object { json in
                json.member("toolUseId", id)
                json.name("content")
                json.array { json in
                    if let output = part.output, !output.isEmpty || files.isEmpty { json.literal(text(output)) }
                    for file in files { json.literal(file) }
                }
                json.member("status", part.isError.map { $0 ? "error" : "success" })
            }
        }
    }
}
