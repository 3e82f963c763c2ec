import ChatStorageCore
import ChatStorageJSON
import ChatStorageProviders

/// OpenAI's messages, and those of data sets that follow them.
extension MessageReader {
    /// Reads what a message says.
    ///
    /// A message of one text stays a text, whatever the order of its members. Any other goes through the provider's
    /// codec, which makes parts and keeps the JSON if they cannot hold all of it, so that it goes back to the API
    /// unchanged.
    mutating func said(
        by fields: inout Fields, in value: JSONSlice, role: Role, name: String, list: String
    ) throws -> ChatMessage {
        if role == .user { calls.beginTurn() }
        let members = fields.others.filter { Self.isOfAPI($0.key, $0.value) }
        let content = fields["content"]
        if let blocks = content?.valueBlocks { return try said(by: blocks, role: role) }
        if members.isEmpty, role != .tool {
            if let elements = content?.elements { try check(elements, of: fields) }
            if content?.kind != .array { return ChatMessage(role: role, content: try fields.requiredText("content")) }
        }
        try check(content, of: fields, role: role, besides: members)
        let slice = try Self.message(of: value, role: name)
        let isAnonymous = role == .tool && !members.contains { ["tool_call_id", "name"].contains($0.key) }
        if isAnonymous, let text = content?.string { return .tool([calls.result(text)]) }
        var message = try OpenAIChat.message(slice)
        if message.native != nil, message.storedBytes > Limits.contentBytes.upperBound {
            message.native = nil
            leftOut.insert("\(list)[] as it came")
        }
        let kept = Set(members.map(\.key))
        fields.dropOthers(role == .tool ? kept : kept.subtracting(["name"]))
        return message
    }

    /// Whether a member of a message is one of the API's, with the type that it has there.
    private static func isOfAPI(_ key: String, _ value: JSONSlice) -> Bool {
        switch key {
        case "name", "tool_call_id", "refusal", "reasoning_content", "reasoning": value.kind == .string
        case "function_call", "audio": value.kind == .object
        case "tool_calls", "annotations", "images": value.elements?.allSatisfy { $0.kind == .object } ?? false
        default: false
        }
    }

    /// Refuses content of another type, and missing content if the message says nothing else.
    private func check(
        _ content: JSONSlice?, of fields: Fields, role: Role, besides members: [(key: String, value: JSONSlice)]
    ) throws {
        let saysMore = members.contains { !["name", "tool_call_id"].contains($0.key) }
        switch content?.kind {
        case .string: break
        case .array: if let elements = content?.elements { try check(elements, of: fields) }
        case nil where saysMore, .null where saysMore || role == .tool: break
        case .some where role == .tool: break
        default: _ = try fields.requiredText("content")
        }
    }

    private func check(_ elements: JSONSlice.Elements, of fields: Fields) throws {
        for (index, element) in elements.enumerated() where element.kind != .object {
            throw InvalidConversation(
                reason: "\(fields.path("content"))[\(index)] is \(element.kind.rawValue), not an object")
        }
    }

    /// The message without the members that are not the API's.
    private static func message(of value: JSONSlice, role: String) throws -> JSONSlice {
        let members = value.memberList
        let kept = members.filter { $0.key == "role" || $0.key == "content" || isOfAPI($0.key, $0.value) }
        if kept.count == members.count, members.contains(where: { $0.key == "role" && $0.value.string == role }) {
            return value
        }
        var writer = JSONWriter()
        writer.object { writer in
            for (key, value) in kept {
                if key == "role" {
                    writer.member("role", role)
                } else {
                    writer.member(key, literal: value.text)
                }
            }
        }
        return try JSONSlice(validating: writer.bytes[...])
    }

    /// Reads the blocks of LLaMA-Factory's messages: `{"type", "value"}`.
    private mutating func said(by blocks: [(type: String, value: String, json: JSONSlice)], role: Role) throws
        -> ChatMessage
    {
        if role == .tool { return .tool([calls.result(blocks.map(\.value).joined(separator: "\n"))]) }
        var parts: [MessagePart] = []
        for block in blocks {
            switch block.type {
            case "text": parts.append(.text(block.value))
            case "reasoning", "thinking": parts.append(.reasoning(block.value))
            case "tool_call", "function_call": parts += calls.calls(in: block.value)
            case "image", "image_url", "video", "video_url", "audio", "audio_url":
                parts.append(.file(MediaList.file(block.value)))
            default:
                let native = NativeJSON(format: "llamafactory", json: JSONText(block.json))
                parts.append(MessagePart(.data, text: block.value, native: native))
            }
        }
        return ChatMessage(role: role, parts: parts)
    }
}

extension JSONSlice {
    /// The blocks of an array, if each has a type and a value that are strings; nil for any other value.
    fileprivate var valueBlocks: [(type: String, value: String, json: JSONSlice)]? {
        guard let elements else { return nil }
        var blocks: [(type: String, value: String, json: JSONSlice)] = []
        for element in elements {
            let members = element.memberList
            guard members.count == 2, let type = members.first(where: { $0.key == "type" })?.value.string,
                let value = members.first(where: { $0.key == "value" })?.value.string
            else { return nil }
            blocks.append((type, value, element))
        }
        return blocks.isEmpty ? nil : blocks
    }
}
