import ChatStorageCore
import ChatStorageJSON

/// Reads responses and messages of Chat Completions.
struct ChatReader {
    let extracting: FileExtraction?
    var dialect = OpenAIChat.Dialect.any

    /// Reads a response.
    func response(_ json: JSONSlice, omissions: inout [Omission]) throws -> ChatMessage {
        guard let choices = json.member("choices")?.elementList, let choice = choices.first,
            let message = choice.member("message")
        else { throw json.isNoResponse(without: "choices[0].message") }
        var result = try self.message(message, path: "choices[0].message", role: .assistant)
        let read = ResponseMetadata.read(
            try JSONFields(Self.envelope(json, choice), at: ""), besides: [],
            renaming: ["id": MetadataKey.responseID.name, "finish_reason": MetadataKey.stopReason.name])
        result.metadata = read.metadata
        omissions += read.omitted.map { Omission(message: 0, reason: $0) }
        for index in choices.indices.dropFirst() {
            omissions.append(Omission(reason: "choices[\(index)] is left out: a message holds one answer"))
        }
        return result
    }

    /// The members of a response and of its choice together, without the message.
    private static func envelope(_ response: JSONSlice, _ choice: JSONSlice) throws -> JSONSlice {
        var json = JSONWriter()
        json.object { json in
            let members = response.memberList.filter { $0.key != "choices" } + choice.memberList
            for (name, value) in members where name != "message" { json.member(name, literal: value.text) }
        }
        return try JSONFields.parse(json.bytes)
    }

    /// Reads a message.
    ///
    /// - Parameter role: The role of a message that names none.
    func message(_ json: JSONSlice, path: String, role defaultRole: Role? = nil) throws -> ChatMessage {
        let json = extracting == nil ? json : try json.byItself
        var files = InlineFiles(extracting: extracting)
        var message = try self.message(json, path: path, role: defaultRole, files: &files)
        if files.hasChanges {
            message.native = NativeJSON(format: dialect.format, json: files.changed(json))
        } else {
            message.native = NativeRule.native(
                json, format: dialect.format, unless: ChatWriter.message(of: message, dialect))
        }
        return message
    }

    /// The message's JSON with its files' bytes filled in again; nil if bytes are missing.
    static func filled(
        _ json: JSONText, with message: ChatMessage, _ dialect: OpenAIChat.Dialect, resolving: FileResolution?
    ) throws -> JSONText? {
        let slice = try json.slice.byItself
        var files = InlineFiles(filling: message.parts, resolving: resolving)
        let reader = ChatReader(extracting: nil, dialect: dialect)
        _ = try reader.message(slice, path: "", role: message.role, files: &files)
        return files.isHollow ? nil : files.hasChanges ? files.changed(slice) : json
    }

    private func message(
        _ json: JSONSlice, path: String, role defaultRole: Role?, files: inout InlineFiles
    ) throws -> ChatMessage {
        let fields = try JSONFields(json, at: path)
        guard let role = fields.string("role").map(Role.init(rawValue:)) ?? defaultRole else {
            throw ProviderFormError(member: fields.path(of: "role"), reason: "is missing or not a string")
        }
        if role == .tool || role == .function { return .tool([result(fields)]) }
        return ChatMessage(role: role, parts: try said(fields, files: &files).fitting)
    }

    /// A tool's result, the only part of its message.
    private func result(_ fields: JSONFields) -> MessagePart {
        MessagePart(
            .toolResult, name: fields["name"]?.storableName, callID: fields["tool_call_id"]?.storableName,
            output: fields["content"].flatMap { documents($0) ?? $0.resultText })
    }

    /// The parts of a message of any other role: first thoughts, then the content, then the calls.
    private func said(_ fields: JSONFields, files: inout InlineFiles) throws -> [MessagePart] {
        var parts: [MessagePart] = []
        // DeepSeek, xAI and others have this name; Groq and OpenRouter have `reasoning`.
        let thought = fields["reasoning_content"]?.filledText ?? fields["reasoning"]?.filledText
        if let thought { parts.append(.reasoning(thought)) }
        if dialect.answersInElements, let plan = fields["tool_plan"]?.filledText { parts.append(.reasoning(plan)) }
        let content = fields["content"]
        if let text = content?.filledText { parts.append(.text(text)) }
        for element in content?.elementList ?? [] { parts.append(try part(element, files: &files)) }
        for annotation in fields["annotations"]?.elementList ?? [] {
            parts.append(source(annotation.member("url_citation") ?? annotation))
        }
        if dialect.answersInElements { parts += (fields["citations"]?.elementList ?? []).flatMap(cited) }
        if let refusal = fields["refusal"]?.filledText { parts.append(MessagePart(.refusal, text: refusal)) }
        if let audio = fields["audio"], audio.kind == .object { parts.append(try spoken(audio, files: &files)) }
        for image in fields["images"]?.elementList ?? [] {
            parts.append(try part(image, files: &files))
        }
        for call in fields["tool_calls"]?.elementList ?? [] { parts.append(self.call(call)) }
        if let function = fields["function_call"], function.kind == .object {
            parts.append(
                MessagePart(
                    .toolCall, name: function.member("name")?.storableName,
                    input: function.member("arguments")?.textOrJSON))
        }
        // An empty text differs from no text.
        if parts.isEmpty, content?.string != nil { parts.append(.text("")) }
        return parts
    }

    private func call(_ json: JSONSlice) -> MessagePart {
        let custom = json.member("custom")
        // Data sets for training have the call as an object there.
        let function = json.member("function") ?? custom ?? json
        return MessagePart(
            .toolCall, name: function.member("name")?.storableName, callID: json.member("id")?.storableName,
            input: function.member(custom == nil ? "arguments" : "input")?.textOrJSON)
    }

    /// An element of `content`.
    private func part(_ json: JSONSlice, files: inout InlineFiles) throws -> MessagePart {
        let type = json.member("type")?.string ?? ""
        switch type {
        case "text", "input_text", "output_text": return MessagePart(.text, text: json.member("text")?.storableText)
        case "refusal": return MessagePart(.refusal, text: json.member("refusal")?.storableText)
        // Mistral.
        case "thinking": return MessagePart(.reasoning, text: json.member("thinking")?.joinedTexts)
        case "image_url":
            let image = json.member("image_url")
            return .file(try files.file(url: image?.member("url") ?? image))
        case "input_audio":
            let audio = json.member("input_audio")
            let format = audio?.member("format")?.string
            return .file(
                try files.file(base64: audio?.member("data"), mediaType: format.map(MessageFile.mediaType(ofAudio:))))
        case "file":
            let file = json.member("file")
            return .file(
                try files.file(
                    url: file?.member("file_data"), name: file?.member("filename")?.string,
                    id: file?.member("file_id")?.storableName))
        default: return MessagePart(StorableText.kind(type), text: json.member("text")?.storableText)
        }
    }

    /// A spoken answer, with its transcript.
    private func spoken(_ audio: JSONSlice, files: inout InlineFiles) throws -> MessagePart {
        let file = try files.file(base64: audio.member("data"), id: audio.member("id")?.storableName)
        return MessagePart(.file, text: audio.member("transcript")?.filledText, file: file)
    }

    private func source(_ citation: JSONSlice) -> MessagePart {
        MessagePart(
            .source, text: citation.member("title")?.filledText,
            file: MessageFile(url: citation.member("url")?.storableText))
    }
}

extension ChatReader {
    /// The joined texts of Cohere's documents; nil for anything else.
    private func documents(_ content: JSONSlice) -> String? {
        guard dialect.answersInElements, !content.elementList.isEmpty else { return nil }
        let texts = content.elementList.map { $0.member("document")?.member("data")?.storableText }
        return texts.contains(nil) ? nil : texts.compactMap(\.self).joined(separator: "\n")
    }

    /// The sources of one of Cohere's citations.
    private func cited(_ citation: JSONSlice) -> [MessagePart] {
        (citation.member("sources")?.elementList ?? []).map { source in
            let document = source.member("document") ?? source
            return MessagePart(
                .source, text: document.member("title")?.filledText,
                file: MessageFile(
                    url: document.member("url")?.storableText, id: (source.member("id"))?.storableName))
        }
    }
}

extension Role {
    /// The role that results had before calls had ids.
    static var function: Role { Role(rawValue: "function") }
}
