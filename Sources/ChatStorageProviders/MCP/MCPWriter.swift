import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes the protocol's content blocks from parts.
struct MCPWriter: Omitting {
    let resolving: FileResolution?
    private var system: [String] = []
    private var messages: [(role: String, blocks: [String])] = []
    var omissions: [Omission] = []

    init(resolving: FileResolution?) {
        self.resolving = resolving
    }

    /// Adds a message.
    mutating func add(_ message: ChatMessage, at place: Int) throws {
        if let native = message.native {
            omit(place, nil, "the message's native JSON (\(native.format)) is left out; its parts are sent")
        }
        switch message.role {
        case .system, .developer: addSystem(message, at: place)
        case .user, .assistant, .tool:
            var blocks: [String] = []
            var index = 0
            while index < message.parts.count {
                let part = message.parts[index]
                if part.kind == .toolResult {
                    if part.callID == nil {
                        omit(place, index, "the result is left out: it needs the id of its call")
                    } else {
                        blocks.append(try result(message.parts, at: index, message: place, isBlock: true))
                    }
                    index += part.belongings(in: message.parts[(index + 1)...]).count
                } else if let block = try block(part, place, index) {
                    blocks.append(block)
                }
                index += 1
            }
            if blocks.isEmpty { return omit(place, nil, "the message is left out: none of its parts can be sent") }
            messages.append((message.role == .assistant ? "assistant" : "user", blocks))
        default: omit(place, nil, "the message is left out: the protocol has no such role")
        }
    }

    private mutating func addSystem(_ message: ChatMessage, at place: Int) {
        if !messages.isEmpty {
            omit(place, nil, "the message moves to the front: the protocol has one system prompt")
        }
        for (index, part) in message.parts.enumerated() {
            if part.kind == .text, let text = part.text, !text.isEmpty {
                system.append(text)
                for reason in part.unsent() { omit(place, index, reason) }
            } else {
                omit(place, index, "the part is left out: a system prompt is a text")
            }
        }
    }

    private mutating func block(_ part: MessagePart, _ place: Int, _ index: Int) throws -> String? {
        if let native = try native(part, [part]) { return native }
        guard let json = try Self.portable(part, resolving: resolving) else {
            omit(
                place, index,
                part.kind == .file
                    ? "the file is left out: `resolving` gave no bytes, and it has no URL"
                    : "the part is left out: the protocol does not take its kind")
            return nil
        }
        if part.kind == .toolCall, BlockWriter.input(part.input ?? "").isWrapped {
            omit(place, index, "the call's input is not a JSON object; it is sent as a string inside one")
        }
        for reason in part.unsent() { omit(place, index, reason) }
        return json
    }

    /// The part's native JSON with its files' bytes put back; nil if it has none of this protocol.
    private func native(_ part: MessagePart, _ files: [MessagePart]) throws -> String? {
        guard let native = part.native(of: MCPContent.format) else { return nil }
        let json = native.json.text
        let held = files.map { $0.file ?? MessageFile() }
        return try FileInJSON.fill(json, with: held, resolving: resolving, find: MCPReader.file(in:))
    }

    // MARK: Results

    /// A result's JSON.
    ///
    /// - Parameter isBlock: Whether it is a block in a message; a block names its call.
    mutating func result(_ parts: [MessagePart], at index: Int, message: Int, isBlock: Bool) throws -> String {
        let part = parts[index]
        let files = part.belongings(in: parts[(index + 1)...])
        if let native = try nativeResult(part, files, isBlock: isBlock) { return native }
        var blocks: [String] = []
        if let output = part.output, !output.isEmpty || files.isEmpty { blocks.append(Self.text(output)) }
        for (offset, file) in files.enumerated() {
            if let block = try Self.portable(file, resolving: resolving) {
                blocks.append(block)
            } else {
                omit(message, index + 1 + offset, "the file is left out: `resolving` gave no bytes, and it has no URL")
            }
        }
        // The call has the tool's name; a result has no place for it.
        let rest = MessagePart(.toolResult, id: part.id, status: part.status, extra: part.extra, native: part.native)
        for reason in rest.unsent() { omit(message, index, reason) }
        return JSONWriter.object { json in
            if isBlock {
                json.member("type", "tool_result")
                json.member("toolUseId", part.callID)
            }
            json.name("content")
            json.array { for block in blocks { $0.literal(block) } }
            json.member("isError", part.isError)
        }
    }

    private func nativeResult(_ part: MessagePart, _ files: [MessagePart], isBlock: Bool) throws -> String? {
        guard let native = try native(part, files) else { return nil }
        let all = FileInJSON.all(
            in: try JSONFields.parse(part.native?.json.text.utf8 ?? "".utf8), find: MCPReader.file(in:))
        guard all.count == files.count, zip(all, files).allSatisfy({ $0.isMadeInto($1) }) else { return nil }
        let slice = try JSONFields.parse(native.utf8)
        let isOfBlock = slice.member("type")?.string == "tool_result"
        if isOfBlock == isBlock { return native }
        // The two forms of a result have the same members but for the call's id.
        return JSONWriter.object { json in
            if isBlock {
                json.member("type", "tool_result")
                json.member("toolUseId", part.callID)
            }
            for (name, value) in slice.memberList where !isOfBlock || name != "type" && name != "toolUseId" {
                json.member(name, literal: value.text)
            }
        }
    }

    // MARK: Blocks

    /// The block for a part's portable members; nil if they do not make one.
    static func portable(_ part: MessagePart, resolving: FileResolution?) throws -> String? {
        switch part.kind {
        case .text, .refusal: part.text.map(text)
        case .toolCall: call(part)
        case .file: try file(part.file ?? MessageFile(), resolving: resolving)
        default: nil
        }
    }

    private static func text(_ text: String) -> String {
        JSONWriter.object { json in
            json.member("type", "text")
            json.member("text", text)
        }
    }

    private static func call(_ part: MessagePart) -> String? {
        guard let id = part.callID, let name = part.name else { return nil }
        return JSONWriter.object { json in
            json.member("type", "tool_use")
            json.member("id", id)
            json.member("name", name)
            json.member("input", literal: BlockWriter.input(part.input ?? "").json)
        }
    }

    private static func file(_ file: MessageFile, resolving: FileResolution?) throws -> String? {
        let type = file.mediaType ?? file.url.flatMap(Base64.dataURL)?.mediaType ?? "application/octet-stream"
        guard let bytes = try file.base64(resolving: resolving) else {
            guard let url = file.url else { return nil }
            return JSONWriter.object { json in
                json.member("type", "resource_link")
                json.member("uri", url)
                json.member("name", file.name ?? "file")
                json.member("mimeType", file.mediaType)
                json.member("size", file.size)
            }
        }
        for kind in ["image", "audio"] where type.hasPrefix("\(kind)/") {
            return JSONWriter.object { json in
                json.member("type", kind)
                json.member("data", bytes)
                json.member("mimeType", type)
            }
        }
        return JSONWriter.object { json in
            json.member("type", "resource")
            json.name("resource")
            json.object { json in
                json.member("uri", "file:///\(file.name ?? "file")")
                json.member("mimeType", type)
                json.member("blob", bytes)
            }
        }
    }

    // MARK: The whole

    /// Makes the body from the added messages.
    mutating func body(adding: RequestMembers) throws -> EncodedBody {
        let reserved = system.isEmpty ? ["messages"] : ["messages", "systemPrompt"]
        let members = try adding.checked(reserving: reserved)
        var json = JSONWriter()
        json.object { json in
            for (name, value) in members { json.member(name, literal: value.text) }
            if !system.isEmpty { json.member("systemPrompt", system.joined(separator: "\n\n")) }
            json.name("messages")
            json.array { json in
                for message in messages {
                    json.object { json in
                        json.member("role", message.role)
                        json.name("content")
                        if message.blocks.count == 1 { return json.literal(message.blocks[0]) }
                        json.array { for block in message.blocks { $0.literal(block) } }
                    }
                }
            }
        }
        return EncodedBody(data: Data(json.bytes), omissions: omissions)
    }
}
