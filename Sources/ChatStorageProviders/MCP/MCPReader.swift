import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Reads the protocol's content blocks as parts.
struct MCPReader {
    private let extracting: FileExtraction

    init(extracting: FileExtraction?) {
        self.extracting =
            extracting ?? { file in
                "data:\(file.mediaType ?? "application/octet-stream");base64,\(file.data.base64EncodedString())"
            }
    }

    // MARK: Results

    /// The parts of a result or of a result's block: the texts, and the files after them.
    func result(_ fields: JSONFields, callID: String?, name: String? = nil) throws -> [MessagePart] {
        let extracted = try FileInJSON.extract(from: fields.slice, extracting: extracting, find: Self.file(in:))
        let json = extracted?.json ?? fields.slice
        let files = extracted?.files ?? FileInJSON.all(in: json, find: Self.file(in:)).map(\.file)
        var part = MessagePart(
            .toolResult, name: StorableText.name(name), callID: StorableText.name(callID),
            isError: json.member("isError")?.boolean, output: Self.output(json))
        let others = files.map { MessagePart(.file, callID: part.callID, file: $0) }
        let whole = [part] + others
        var writer = MCPWriter(resolving: nil)
        let isBlock = json.member("type")?.string == "tool_result"
        let written = try writer.result(whole, at: 0, message: 0, isBlock: isBlock)
        if !writer.omissions.isEmpty || !NativeRule.isSame(written, fields.slice.text) {
            part.native = NativeJSON(format: MCPContent.format, json: JSONText(json))
        }
        return [part] + others
    }

    /// The joined texts, also of resources; without any, the structured content, or else the blocks' exact JSON.
    private static func output(_ result: JSONSlice) -> String? {
        var texts: [String] = []
        for block in result.member("content")?.elementList ?? [] where file(in: block) == nil {
            guard let text = text(of: block) else { return result.member("content")?.text }
            texts.append(text)
        }
        if texts.isEmpty, let structured = result.member("structuredContent"), structured.kind != .null {
            return structured.text
        }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }

    private static func text(of block: JSONSlice) -> String? {
        switch block.member("type")?.string {
        case "text": block.member("text")?.storableText
        case "resource": block.member("resource")?.member("text")?.storableText
        default: nil
        }
    }

    // MARK: Messages

    func messages(_ json: JSONSlice, omissions: inout [Omission]) throws -> [ChatMessage] {
        var elements = json.elementList
        if json.kind != .array {
            let request = try JSONFields(json, at: "")
            elements = try request.requiredElements("messages")
            for member in request.members where member.key != "messages" {
                omissions.append(
                    Omission(
                        reason: "\(ResponseMetadata.shown(member.key)) is left out: it is not part of a message"))
            }
        }
        var messages: [ChatMessage] = []
        for (index, element) in elements.enumerated() {
            let fields = try JSONFields(element, at: "[\(index)]")
            let role = Role(rawValue: try fields.requiredString("role"))
            let content = try fields.required("content")
            let blocks = content.kind == .array ? content.elementList : [content]
            let parts = try blocks.flatMap { try self.parts(of: JSONFields($0, at: fields.path(of: "content"))) }
            for name in fields.members.map(\.key) where name != "role" && name != "content" {
                let reason = "\(ResponseMetadata.shown(name)) is left out: messages have no such member"
                omissions.append(Omission(message: messages.count, reason: reason))
            }
            messages += role == .user ? ChatMessage.split(parts) : [ChatMessage(role: role, parts: parts)]
        }
        return messages
    }

    private func parts(of block: JSONFields) throws -> [MessagePart] {
        let type = try block.requiredString("type")
        if type == "tool_result" { return try result(block, callID: block.string("toolUseId")) }
        let extracted = try FileInJSON.extract(from: block.slice, extracting: extracting, find: Self.file(in:))
        let json = extracted?.json ?? block.slice
        var part: MessagePart
        if type == "tool_use" {
            part = MessagePart(
                .toolCall, name: block["name"]?.storableName, callID: block["id"]?.storableName,
                input: block["input"]?.text)
        } else if let file = extracted?.files.first ?? Self.file(in: json)?.file {
            part = .file(file)
        } else if let text = Self.text(of: json) {
            part = .text(text)
        } else {
            part = MessagePart(StorableText.kind(type), text: block["text"]?.storableText)
        }
        let written = try MCPWriter.portable(part, resolving: nil)
        if written == nil || !NativeRule.isSame(written ?? "", block.slice.text) {
            part.native = NativeJSON(format: MCPContent.format, json: JSONText(json))
        }
        return [part]
    }

    // MARK: Files

    /// The block as a file; nil for any other block.
    static func file(in block: JSONSlice) -> FileInJSON? {
        guard block.kind == .object, let type = block.member("type")?.string else { return nil }
        func bytes(_ value: JSONSlice?) -> JSONSlice? { value.flatMap { $0.kind == .string ? $0 : nil } }
        switch type {
        case "image", "audio":
            guard let data = bytes(block.member("data")) else { return nil }
            return FileInJSON(
                file: MessageFile(
                    mediaType: block.member("mimeType")?.storableName, size: data.string.flatMap(Base64.size)),
                base64: data)
        case "resource":
            guard let resource = block.member("resource"), let blob = bytes(resource.member("blob")) else { return nil }
            let path = resource.member("uri")?.string?.split(separator: "/").last.map(String.init)
            return FileInJSON(
                file: MessageFile(
                    mediaType: resource.member("mimeType")?.storableName, name: StorableText.fileName(path),
                    size: blob.string.flatMap(Base64.size)),
                base64: blob)
        case "resource_link":
            let size = block.member("size")?.integer
            return FileInJSON(
                file: MessageFile(
                    mediaType: block.member("mimeType")?.storableName,
                    name: StorableText.fileName(block.member("name")?.string),
                    size: size.flatMap { $0 < 0 ? nil : $0 }, url: block.member("uri")?.storableText))
        default: return nil
        }
    }
}
