import ChatStorageCore
import ChatStorageJSON

/// A part of a UI message: a part here, and for a call perhaps its result.
struct UIPart {
    var part: MessagePart
    /// The tool's result.
    var result: MessagePart?
    /// Whether the provider ran the tool itself.
    var isRunByProvider = false
}

/// Reads the parts of UI messages.
struct UIPartReader {
    let extracting: FileExtraction?

    /// Reads a part, with its native JSON if needed.
    func part(of json: JSONSlice, at path: String) throws -> UIPart {
        let json = extracting == nil ? json : try json.byItself
        var files = InlineFiles(extracting: extracting)
        var read = try Self.read(json, at: path, files: &files)
        if files.hasChanges {
            read.part.native = NativeJSON(format: AISDKMessages.format, json: files.changed(json))
        } else {
            read.part.native = NativeRule.native(
                json, format: AISDKMessages.format, unless: UIPartWriter.portable(read, place: ""))
        }
        return read
    }

    /// The part's JSON with its file's bytes filled in again; nil if they are missing.
    static func filled(_ json: JSONText, with part: MessagePart, resolving: FileResolution?) throws -> JSONText? {
        let slice = try json.slice.byItself
        var files = InlineFiles(
            filling: part.file == nil ? [] : [MessagePart(.file, file: part.file)], resolving: resolving)
        _ = try read(slice, at: "", files: &files)
        return files.isHollow ? nil : files.hasChanges ? files.changed(slice) : json
    }

    /// Reads a part without its native JSON.
    static func read(_ json: JSONSlice, at path: String, files: inout InlineFiles) throws -> UIPart {
        let type = try JSONFields(json, at: path).requiredString("type")
        func text(_ name: String) -> String? { json.member(name)?.storableText }
        switch type {
        case "text": return UIPart(part: MessagePart(.text, text: text("text")))
        case "reasoning":
            // Version 4 has the text under the type's name.
            return UIPart(
                part: MessagePart(
                    .reasoning, id: json.member("id")?.storableName, text: text("text") ?? text("reasoning")))
        case "step-start": return UIPart(part: MessagePart(.stepStart))
        case "file", "reasoning-file": return UIPart(part: try file(json, type, files: &files))
        case "source-url", "source-document", "source": return UIPart(part: source(json.member("source") ?? json))
        case "dynamic-tool": return tool(json, name: json.member("toolName")?.storableName)
        case "tool-invocation":
            let invocation = json.member("toolInvocation") ?? json
            return tool(invocation, name: invocation.member("toolName")?.storableName)
        case _ where type.hasPrefix(toolPrefix):
            return tool(json, name: StorableText.name(String(type.dropFirst(toolPrefix.count))))
        case _ where type.hasPrefix(dataPrefix):
            return UIPart(
                part: MessagePart(
                    .data, id: json.member("id")?.storableName, text: json.member("data")?.storableText,
                    name: StorableText.name(String(type.dropFirst(dataPrefix.count))),
                    output: json.member("data")?.text))
        default: return UIPart(part: MessagePart(StorableText.kind(type), text: text("text")))
        }
    }

    /// The prefix of types of calls to tools that the app knows.
    static let toolPrefix = "tool-"
    /// The prefix of types of the app's own parts.
    static let dataPrefix = "data-"

    // MARK: Tools

    /// Reads a call, in the form of either version, with its result.
    static func tool(_ json: JSONSlice, name: String?) -> UIPart {
        func text(_ value: JSONSlice?) -> String? { value.map { StorableText.text($0.string ?? $0.text) ?? "" } }
        let state = json.member("state")?.storableName
        let callID = json.member("toolCallId")?.storableName
        let input = [json.member("input"), json.member("args"), json.member("rawInput")].compactMap(\.self).first
        var call = MessagePart(.toolCall, name: name, callID: callID, input: input?.textOrJSON)
        if !plainStates.contains(state ?? "") { call.status = state }
        var result = MessagePart(.toolResult, name: name, callID: callID)
        var hasResult = true
        switch state {
        case "output-available", "result": result.output = text(json.member("output") ?? json.member("result"))
        case "output-error":
            result.output = text(json.member("errorText"))
            result.isError = true
        case "output-denied":
            result.output = json.member("approval")?.member("reason")?.filledText
            result.isError = true
        default: hasResult = false
        }
        return UIPart(
            part: call, result: hasResult ? result : nil,
            isRunByProvider: json.member("providerExecuted")?.boolean == true)
    }

    /// The states that follow from a call and its result.
    private static let plainStates = ["input-available", "output-available", "output-error", "call", "result"]

    // MARK: Files and sources

    private static func file(_ json: JSONSlice, _ type: String, files: inout InlineFiles) throws -> MessagePart {
        let kind: MessagePart.Kind = type == "file" ? .file : .reasoning
        let mediaType = (json.member("mediaType") ?? json.member("mimeType"))?.storableName
        let name = json.member("filename")?.string
        // Version 4 has the bytes without a URL.
        if json.member("url") == nil, let data = json.member("data") {
            return MessagePart(kind, file: try files.file(base64: data, mediaType: mediaType, name: name))
        }
        var file = try files.file(url: json.member("url"), name: name)
        file.mediaType = mediaType ?? file.mediaType
        return MessagePart(kind, file: file)
    }

    /// Reads a user's attachment of version 4.
    static func attachment(_ json: JSONSlice, files: inout InlineFiles) throws -> MessagePart {
        var file = try files.file(url: json.member("url"), name: json.member("name")?.string)
        file.mediaType = json.member("contentType")?.storableName ?? file.mediaType
        return MessagePart(.file, file: file)
    }

    private static func source(_ json: JSONSlice) -> MessagePart {
        let id = (json.member("sourceId") ?? json.member("id"))?.storableName
        let file = MessageFile(
            mediaType: json.member("mediaType")?.storableName,
            name: StorableText.fileName(json.member("filename")?.string), url: json.member("url")?.storableText)
        return MessagePart(.source, id: id, text: json.member("title")?.filledText, file: file)
    }
}

extension MessagePart.Kind {
    /// The beginning of a step in the model's turn.
    static var stepStart: MessagePart.Kind { "step-start" }
}
