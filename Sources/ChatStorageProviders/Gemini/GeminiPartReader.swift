import ChatStorageCore
import ChatStorageJSON

/// Reads the API's parts.
struct GeminiPartReader {
    let extracting: FileExtraction?

    /// Reads a part.
    ///
    /// - Parameters:
    ///   - callID: The call id for a call or a result that has none.
    ///   - keepsNative: Whether the JSON is kept even if the portable members say the same.
    /// - Returns: One part; after a tool's result, its files too. The first has the native JSON, if needed.
    func parts(
        of json: JSONSlice, at path: String, callID: String?, keepsNative: Bool = false
    ) throws -> [MessagePart] {
        guard json.kind == .object else { throw JSONFields.wrong(path, json, "an object") }
        let json = extracting == nil ? json : try json.byItself
        var files = InlineFiles(extracting: extracting)
        var parts = try Self.read(json, callID: callID, files: &files)
        if files.hasChanges {
            parts[0].native = NativeJSON(format: GeminiContents.format, json: files.changed(json))
        } else {
            let written = keepsNative ? nil : GeminiPartWriter.whole(parts, id: json.resultID)
            parts[0].native = NativeRule.native(json, format: GeminiContents.format, unless: written)
        }
        return parts
    }

    /// The part's JSON with its files' bytes filled in again; nil if bytes are missing.
    static func filled(
        _ json: JSONText, with parts: some Sequence<MessagePart>, resolving: FileResolution?
    ) throws -> JSONText? {
        let slice = try json.slice.byItself
        // Thoughts can hold files too.
        let holders = parts.filter { $0.file != nil }.map { MessagePart(.file, file: $0.file) }
        var files = InlineFiles(filling: holders, resolving: resolving)
        _ = try read(slice, callID: nil, files: &files)
        return files.isHollow ? nil : files.hasChanges ? files.changed(slice) : json
    }

    /// Reads a part without its native JSON.
    static func read(_ json: JSONSlice, callID: String?, files: inout InlineFiles) throws -> [MessagePart] {
        let isThought = json.googleMember("thought")?.boolean == true
        if let call = json.googleMember("functionCall") { return [self.call(call, callID)] }
        if let response = json.googleMember("functionResponse") {
            return try result(response, callID, files: &files)
        }
        if let data = json.googleMember("inlineData") {
            let file = try files.file(
                base64: data.googleMember("data"), mediaType: data.googleMember("mimeType")?.string,
                name: data.googleMember("displayName")?.string)
            return [MessagePart(isThought ? .reasoning : .file, file: file)]
        }
        if let data = json.googleMember("fileData") {
            return [MessagePart(isThought ? .reasoning : .file, file: try self.file(data, files: &files))]
        }
        if let text = json.googleMember("text") { return [self.text(text, json, isThought: isThought)] }
        return [other(json)]
    }

    /// A text or a thought.
    ///
    /// An empty one only carries its signature or its other members: its part has no text.
    private static func text(_ text: JSONSlice, _ json: JSONSlice, isThought: Bool) -> MessagePart {
        if isThought { return MessagePart(.reasoning, text: text.filledText) }
        let isPlain = json.memberList.count == 1
        return MessagePart(.text, text: isPlain ? text.storableText : text.filledText)
    }

    // MARK: Calls and results

    private static func call(_ call: JSONSlice, _ callID: String?) -> MessagePart {
        MessagePart(
            .toolCall, name: call.member("name")?.storableName, callID: call.member("id")?.storableName ?? callID,
            input: call.googleMember("args")?.textOrJSON ?? "{}")
    }

    private static func result(
        _ response: JSONSlice, _ callID: String?, files: inout InlineFiles
    ) throws -> [MessagePart] {
        let callID = response.member("id")?.storableName ?? callID
        let value = response.googleMember("response")
        var part = MessagePart(
            .toolResult, name: response.member("name")?.storableName, callID: callID, output: value?.textOrJSON)
        // The API's own names for a tool's output and its error.
        if let members = value?.memberList, members.count == 1 {
            if members[0].key == "error" {
                part.isError = true
                part.output = members[0].value.textOrJSON ?? part.output
            } else if members[0].key == "output" {
                part.output = members[0].value.textOrJSON ?? part.output
            }
        }
        var parts = [part]
        for element in response.googleMember("parts")?.elementList ?? [] {
            if let data = element.googleMember("inlineData") {
                let file = try files.file(
                    base64: data.googleMember("data"), mediaType: data.googleMember("mimeType")?.string,
                    name: data.googleMember("displayName")?.string)
                parts.append(MessagePart(.file, callID: callID, file: file))
            } else if let data = element.googleMember("fileData") {
                parts.append(MessagePart(.file, callID: callID, file: try self.file(data, files: &files)))
            }
        }
        return parts
    }

    private static func file(_ data: JSONSlice, files: inout InlineFiles) throws -> MessageFile {
        var file = try files.file(url: data.googleMember("fileUri"), name: data.googleMember("displayName")?.string)
        file.mediaType = data.googleMember("mimeType")?.storableName ?? file.mediaType
        return file
    }

    // MARK: What the API's own tools did

    private static func other(_ json: JSONSlice) -> MessagePart {
        if let code = json.googleMember("executableCode") {
            return MessagePart(
                "executable_code", text: code.member("code")?.storableText,
                name: code.member("language")?.storableName, callID: code.member("id")?.storableName)
        }
        if let result = json.googleMember("codeExecutionResult") {
            return MessagePart(
                "code_execution_result", callID: result.member("id")?.storableName,
                status: result.member("outcome")?.storableName, output: result.member("output")?.textOrJSON)
        }
        if let call = json.googleMember("toolCall") {
            return MessagePart(
                "server_tool_call", name: call.googleMember("toolType")?.storableName,
                callID: call.member("id")?.storableName, input: call.googleMember("args")?.textOrJSON)
        }
        if let response = json.googleMember("toolResponse") {
            return MessagePart(
                "server_tool_response", name: response.googleMember("toolType")?.storableName,
                callID: response.member("id")?.storableName, output: response.googleMember("response")?.textOrJSON)
        }
        let known = ["thought", "thoughtSignature", "thought_signature", "partMetadata", "part_metadata"]
        guard let member = json.memberList.first(where: { $0.value.kind != .null && !known.contains($0.key) }) else {
            // A signature alone.
            return MessagePart(.text)
        }
        return MessagePart(StorableText.kind(member.key))
    }
}

extension JSONSlice {
    /// A member of Google's JSON, by its name in camel case or in snake case, since both are valid; nil for null.
    func googleMember(_ name: String) -> JSONSlice? {
        let members = memberList
        func value(_ name: String) -> JSONSlice? { members.last { $0.key == name && $0.value.kind != .null }?.value }
        return value(name) ?? value(Self.snakeCase(name))
    }

    /// The id that a result names itself; nil if it names none.
    var resultID: String? { googleMember("functionResponse")?.member("id")?.storableName }

    /// The id that a call has itself; nil if it has none.
    var ownCallID: String? { googleMember("functionCall")?.member("id")?.storableName }

    private static func snakeCase(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let isUpper = scalar.properties.isUppercase
            result += isUpper ? "_" + scalar.properties.lowercaseMapping : String(scalar)
        }
        return result
    }
}
