import ChatStorageCore
import ChatStorageJSON

/// Reads items of the Responses API and of Conversations.
struct ItemReader {
    let extracting: FileExtraction?

    /// Reads a response.
    func response(_ json: JSONSlice, omissions: inout [Omission]) throws -> ChatMessage {
        guard let output = json.member("output"), output.kind == .array else {
            throw json.isNoResponse(without: "output")
        }
        var parts: [MessagePart] = []
        for (index, item) in output.elementList.enumerated() {
            parts += try self.parts(item, path: "output[\(index)]").parts
        }
        let fields = try JSONFields(json, at: "")
        let reason = fields["incomplete_details"]?.member("reason")?.storableText
        var names = ["id": MetadataKey.responseID.name]
        if reason == nil { names["status"] = MetadataKey.stopReason.name }
        var (metadata, omitted) = ResponseMetadata.read(fields, besides: ["output"], renaming: names)
        if let reason { metadata[.stopReason] = reason }
        omissions += omitted.map { Omission(message: 0, reason: $0) }
        return ChatMessage(role: .assistant, parts: parts.fitting, metadata: metadata)
    }

    /// Reads a list of items.
    func messages(_ items: [JSONSlice]) throws -> [ChatMessage] {
        var messages: [(role: Role, parts: [MessagePart])] = []
        for (index, item) in items.enumerated() {
            var read = try parts(item, path: "[\(index)]")
            read.parts = read.parts.fitting
            let isJoined = read.role == .assistant || read.role == .tool
            if isJoined, let last = messages.last, last.role == read.role,
                last.parts.count + read.parts.count <= Limits.parts.upperBound
            {
                messages[messages.count - 1].parts += read.parts
            } else {
                messages.append(read)
            }
        }
        return messages.map { ChatMessage(role: $0.role, parts: $0.parts) }
    }

    /// Reads an item.
    ///
    /// - Returns: Its role and its parts, at least one; the first has the native JSON, if needed.
    func parts(_ json: JSONSlice, path: String) throws -> (role: Role, parts: [MessagePart]) {
        let json = extracting == nil ? json : try json.byItself
        var files = InlineFiles(extracting: extracting)
        var (role, parts) = try read(json, path: path, files: &files)
        if files.hasChanges {
            parts[0].native = NativeJSON(format: OpenAIResponses.format, json: files.changed(json))
        } else {
            parts[0].native = NativeRule.native(
                json, format: OpenAIResponses.format, unless: ItemWriter.item(of: parts, role: role))
        }
        return (role, parts)
    }

    /// The item's JSON with its files' bytes filled in again; nil if bytes are missing.
    static func filled(
        _ json: JSONText, with parts: some Sequence<MessagePart>, resolving: FileResolution?
    ) throws -> JSONText? {
        let slice = try json.slice.byItself
        var files = InlineFiles(filling: parts, resolving: resolving)
        _ = try ItemReader(extracting: nil).read(slice, path: "", files: &files)
        return files.isHollow ? nil : files.hasChanges ? files.changed(slice) : json
    }

    /// Reads an item without its native JSON.
    func read(
        _ json: JSONSlice, path: String, files: inout InlineFiles
    ) throws -> (role: Role, parts: [MessagePart]) {
        let item = try JSONFields(json, at: path)
        let type = item.string("type") ?? (item["role"] == nil ? "" : "message")
        if type == "message" {
            return (Role(rawValue: try item.requiredString("role")), try said(item, files: &files))
        }
        if let role = item.string("role") { return (Role(rawValue: role), [other(item, type)]) }
        switch type {
        case "reasoning": return (.assistant, [reasoning(item)])
        case "image_generation_call": return (.assistant, [try image(item, files: &files)])
        case "function_call": return (.assistant, [call(item, name: nil, input: "arguments")])
        case "custom_tool_call": return (.assistant, [call(item, name: nil, input: "input")])
        case "mcp_call": return (.assistant, [call(item, name: nil, input: "arguments", output: "output")])
        case "computer_call":
            return (.assistant, [call(item, name: "computer", input: item["action"] == nil ? "actions" : "action")])
        case "local_shell_call": return (.assistant, [call(item, name: "local_shell", input: "action")])
        case "shell_call": return (.assistant, [call(item, name: "shell", input: "action")])
        case "apply_patch_call": return (.assistant, [call(item, name: "apply_patch", input: "operation")])
        case "tool_search_call" where item["call_id"]?.storableName != nil:
            return (.assistant, [call(item, name: "tool_search", input: "arguments")])
        case "tool_search_output" where item["call_id"]?.storableName != nil:
            return (.tool, [result(item, output: item["tools"]?.textOrJSON)])
        case "function_call_output", "custom_tool_call_output", "computer_call_output", "shell_call_output",
            "local_shell_call_output", "apply_patch_call_output":
            return (.tool, try returned(item, type, files: &files))
        case "mcp_approval_response": return (.tool, [other(item, type)])
        default: return (.assistant, [other(item, type)])
        }
    }

    // MARK: Messages

    private func said(_ item: JSONFields, files: inout InlineFiles) throws -> [MessagePart] {
        let (id, status) = (item["id"]?.storableName, item["status"]?.storableName)
        guard let content = item["content"], content.kind == .array else {
            return [MessagePart(.text, id: id, text: item["content"]?.storableText, status: status)]
        }
        var parts: [MessagePart] = []
        for element in content.elementList { parts += try self.content(element, id: id, status: status, files: &files) }
        return parts.isEmpty ? [MessagePart(.text, id: id, status: status)] : parts
    }

    /// An element of a message's content, with a text's sources after it.
    private func content(
        _ json: JSONSlice, id: String?, status: String?, files: inout InlineFiles
    ) throws -> [MessagePart] {
        let type = json.member("type")?.string ?? ""
        switch type {
        case "input_text", "output_text", "text", "summary_text":
            let text = MessagePart(.text, id: id, text: json.member("text")?.storableText, status: status)
            return [text] + (json.member("annotations")?.elementList ?? []).map(source)
        case "refusal":
            return [MessagePart(.refusal, id: id, text: json.member("refusal")?.storableText, status: status)]
        case "reasoning_text":
            return [MessagePart(.reasoning, id: id, text: json.member("text")?.storableText, status: status)]
        default:
            if let file = try file(json, type, files: &files) {
                return [MessagePart(.file, id: id, status: status, file: file)]
            }
            return [
                MessagePart(StorableText.kind(type), id: id, text: json.member("text")?.storableText, status: status)
            ]
        }
    }

    /// A file in a message or in a result; nil for anything else.
    private func file(_ json: JSONSlice, _ type: String, files: inout InlineFiles) throws -> MessageFile? {
        let id = json.member("file_id")?.storableName
        switch type {
        case "input_image", "computer_screenshot": return try files.file(url: json.member("image_url"), id: id)
        case "input_file":
            let url = json.member("file_data") ?? json.member("file_url")
            return try files.file(url: url, name: json.member("filename")?.string, id: id)
        case "input_audio":
            let audio = json.member("input_audio")
            let format = audio?.member("format")?.string
            return try files.file(
                base64: audio?.member("data"), mediaType: format.map(MessageFile.mediaType(ofAudio:)))
        default: return nil
        }
    }

    /// The source of a statement in a text.
    private func source(_ json: JSONSlice) -> MessagePart {
        MessagePart(
            .source, text: json.member("title")?.filledText,
            file: MessageFile(
                name: StorableText.fileName(json.member("filename")?.string), url: json.member("url")?.storableText,
                id: json.member("file_id")?.storableName))
    }

    // MARK: Other items

    private func reasoning(_ item: JSONFields) -> MessagePart {
        let texts = [item["summary"]?.joinedTexts, item["content"]?.joinedTexts]
        return MessagePart(
            .reasoning, id: item["id"]?.storableName, text: texts.compactMap(\.self).first { !$0.isEmpty },
            status: item["status"]?.storableName)
    }

    private func call(_ item: JSONFields, name: String?, input: String, output: String? = nil) -> MessagePart {
        let failed = item["error"].map { $0.kind != .null } ?? false
        return MessagePart(
            .toolCall, id: item["id"]?.storableName, name: name ?? item["name"]?.storableName,
            callID: item["call_id"]?.storableName, status: item["status"]?.storableName, isError: failed ? true : nil,
            input: item[input]?.textOrJSON, output: output.flatMap { item[$0]?.textOrJSON })
    }

    private func result(_ item: JSONFields, output: String?) -> MessagePart {
        MessagePart(
            .toolResult, id: item["id"]?.storableName,
            // A local shell's result names its call in its own id.
            callID: (item["call_id"] ?? item["id"])?.storableName, status: item["status"]?.storableName,
            isError: item.string("status") == "failed" ? true : nil, output: output)
    }

    /// A tool's output: its texts, and its files after them.
    private func returned(_ item: JSONFields, _ type: String, files: inout InlineFiles) throws -> [MessagePart] {
        let output = item["output"]
        var (texts, returned): ([String], [MessagePart]) = ([], [])
        for element in output.map({ $0.kind == .array ? $0.elementList : [$0] }) ?? [] where element.kind == .object {
            let type = element.member("type")?.string ?? ""
            if ["input_text", "output_text", "text"].contains(type), let text = element.member("text")?.storableText {
                texts.append(text)
            } else if let file = try file(element, type, files: &files) {
                returned.append(
                    MessagePart(.file, callID: (item["call_id"] ?? item["id"])?.storableName, file: file))
            } else {
                return [result(item, output: output?.textOrJSON)]
            }
        }
        if returned.isEmpty { return [result(item, output: output?.resultText)] }
        return [result(item, output: texts.isEmpty ? nil : texts.joined(separator: "\n"))] + returned
    }

    private func image(_ item: JSONFields, files: inout InlineFiles) throws -> MessagePart {
        let format = item["output_format"]?.storableName ?? "png"
        return MessagePart(
            .file, id: item["id"]?.storableName, text: (item["revised_prompt"] ?? item["prompt"])?.filledText,
            status: item["status"]?.storableName,
            file: try files.file(base64: item["result"], mediaType: "image/\(format == "svg" ? "svg+xml" : format)"))
    }

    /// An item whose type becomes the part's kind: the API's own tools, and unknown items.
    private func other(_ item: JSONFields, _ type: String) -> MessagePart {
        func first(_ names: String...) -> JSONSlice? { names.lazy.compactMap { item[$0] }.first { $0.kind != .null } }
        let action = item["action"]
        let queries = item["queries"]?.elementList.compactMap(\.storableText) ?? []
        let asked = action?.member("query") ?? action?.member("pattern") ?? action?.member("url")
        return MessagePart(
            StorableText.kind(type), id: item["id"]?.storableName,
            text: queries.isEmpty
                ? (asked ?? first("text", "reason"))?.filledText : queries.joined(separator: "\n"),
            name: first("name", "server_label")?.storableName,
            callID: first("call_id", "approval_request_id")?.storableName, status: item["status"]?.storableName,
            input: first("arguments", "input", "code", "action", "queries")?.textOrJSON,
            output: first("output", "outputs", "results", "result", "tools")?.textOrJSON)
    }
}
