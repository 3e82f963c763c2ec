import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes each message as blocks; ``Turns`` joins them.
struct MessageEncoder: Omitting {
    /// Gives the bytes of files.
    let resolving: FileResolution?
    /// The system prompt's blocks.
    private(set) var system: [OutgoingBlock] = []
    /// The other blocks, in order.
    private(set) var turns = Turns()
    /// What was left out.
    var omissions: [Omission] = []

    init(resolving: FileResolution?) {
        self.resolving = resolving
    }

    /// Adds a message.
    ///
    /// - Throws: What the resolution throws.
    mutating func add(_ message: ChatMessage, at place: Int) throws {
        guard let side = Side(message.role) else {
            return omit(place, nil, "the message is left out: the API has no such role")
        }
        if message.parts.allSatisfy(\.hasNoText) { return omit(place, nil, "the message is left out: it is empty") }
        if side == .system, !turns.isEmpty {
            omit(place, nil, "the message moves to the front: the API has one system prompt, before all messages")
        }
        if let native = message.native {
            omit(place, nil, "the message's native JSON (\(native.format)) is left out; its parts are sent")
        }
        var index = 0
        while index < message.parts.count {
            let files = message.parts[index].belongings(in: message.parts[(index + 1)...])
            try add(message.parts[index], files, side, place, index)
            index += 1 + files.count
        }
    }

    // MARK: A part

    private mutating func add(
        _ part: MessagePart, _ files: [MessagePart], _ side: Side, _ message: Int, _ index: Int
    ) throws {
        if part.hasNoText { return omit(message, index, "the text is left out: it is empty, which the API refuses") }
        var block = try native(of: part, files, message, index)
        if block == nil {
            block = try portable(part, files, message, index)
            if block != nil { nameUnsent(of: part, message, index) }
        }
        guard let block else { return }
        if let problem = side.problem(with: block) { return omit(message, index, problem) }
        if side == .system { system.append(block) } else { turns.append(block, isUsers: side == .user) }
    }

    /// The part's native JSON with its files' bytes put back; nil if it has none of this API.
    private mutating func native(
        of part: MessagePart, _ files: [MessagePart], _ message: Int, _ index: Int
    ) throws -> OutgoingBlock? {
        guard let native = part.native(of: AnthropicMessages.format) else { return nil }
        let json = native.json.text
        guard let block = OutgoingBlock(native: json, message: message, part: index) else { return nil }
        let blocks = FileInJSON.all(in: try JSONFields.parse(json.utf8), find: BlockReader.file(in:))
        if part.kind == .toolResult {
            let expected = block.isServerResult ? blocks.contains(where: \.isHollow) ? blocks : [] : blocks
            let isSame = expected.count == files.count && zip(expected, files).allSatisfy { $0.isMadeInto($1) }
            guard isSame else { return nil }
        }
        // What looks like a file in a call's input is the call's own.
        guard part.kind == .file || part.kind == .toolResult, blocks.contains(where: \.isHollow) else { return block }
        guard let filled = try fill(json, part.kind == .file ? [part] : files) else { return nil }
        return OutgoingBlock(native: filled, message: message, part: index)
    }

    /// Puts back the bytes that extraction took out, or else a URL; nil if a file has neither.
    private func fill(_ json: String, _ files: [MessagePart]) throws -> String? {
        try FileInJSON.fill(
            json, with: files.compactMap(\.file), resolving: resolving, find: BlockReader.file(in:))
    }

    // MARK: Portable members

    private static let noBytes = """
        the file is left out: the API does not take its media type, or `resolving` gave no bytes and the API takes no \
        URL or id of it
        """

    private mutating func portable(
        _ part: MessagePart, _ files: [MessagePart], _ message: Int, _ index: Int
    ) throws -> OutgoingBlock? {
        func block(_ kind: OutgoingBlock.Kind, _ json: String?) -> OutgoingBlock? {
            json.map { OutgoingBlock(kind, $0, callID: part.callID ?? "", message: message, part: index) }
        }
        switch part.kind {
        case .text, .refusal:
            let text = part.text ?? ""
            return block(.text(isBlank: OutgoingBlock.isBlank(text)), BlockWriter.text(text))
        case .toolCall:
            if BlockWriter.input(part.input ?? "").isWrapped {
                omit(message, index, "the call's input is not a JSON object; it is sent as a string inside one")
            }
            let isServers = part.callID?.hasPrefix(BlockWriter.serverCallPrefix) == true
            if let call = block(isServers ? .serverCall : .call, BlockWriter.portable(part)) { return call }
            omit(message, index, "the call is left out: it needs a call id and a name")
        case .toolResult where part.isServerResult:
            if let result = block(.serverResult, BlockWriter.portable(part)) {
                nameFiles(files, message, index)
                return result
            }
            omit(message, index, "the server tool's result is left out: its output is not JSON")
        case .toolResult:
            if let result = block(.result, try result(part, files, message, index)) { return result }
            omit(message, index, "the result is left out: it needs the id of its call")
        case .file:
            if let file = block(.other, try file(part)) { return file }
            omit(message, index, Self.noBytes)
        case .reasoning: omit(message, index, "the reasoning is left out: it has no signature of this API")
        default: omit(message, index, "the part is left out: the API does not take its kind")
        }
        return nil
    }

    private mutating func result(
        _ part: MessagePart, _ files: [MessagePart], _ message: Int, _ index: Int
    ) throws -> String? {
        guard !files.isEmpty else { return BlockWriter.portable(part) }
        var blocks: [String] = []
        for (offset, file) in files.enumerated() {
            if file.kind == .text {
                if !file.hasNoText { blocks.append(BlockWriter.text(file.text ?? "")) }
            } else if let json = try self.file(file) {
                blocks.append(json)
            } else {
                omit(message, index + 1 + offset, Self.noBytes)
            }
        }
        if blocks.isEmpty { return BlockWriter.portable(part) }
        return BlockWriter.result(part, content: BlockWriter.content(part.output, blocks: blocks))
    }

    private mutating func nameFiles(_ files: [MessagePart], _ message: Int, _ index: Int) {
        for offset in files.indices {
            omit(message, index + 1 + offset, "the file is left out: a server tool's result takes none")
        }
    }

    /// A file's block from its native JSON, its bytes or its URL; nil if it has none of these.
    private func file(_ part: MessagePart) throws -> String? {
        if let native = part.native(of: AnthropicMessages.format) {
            return try fill(native.json.text, [part])
        }
        guard let file = part.file else { return nil }
        if BlockWriter.source(of: file)?.contains(BlockWriter.fileIDPrefix) != true, let data = try resolving?(file) {
            return BlockWriter.file(file, source: Self.source(data, file))
        }
        return BlockWriter.file(file, source: BlockWriter.source(of: file))
    }

    private static func source(_ data: Data, _ file: MessageFile) -> String? {
        guard let mediaType = file.mediaType ?? (file.isPDF ? "application/pdf" : nil) else { return nil }
        if mediaType.hasPrefix("text/") {
            return String(data: data, encoding: .utf8).map(BlockWriter.plainText)
        }
        return BlockWriter.bytes(base64: data.base64EncodedString(), mediaType: mediaType)
    }

    // MARK: What is left out

    /// Reports the members of a part that have no place in the API's block.
    private mutating func nameUnsent(of part: MessagePart, _ message: Int, _ index: Int) {
        if let native = part.native, part.native(of: AnthropicMessages.format) == nil {
            omit(message, index, "the part's native JSON (\(native.format)) is left out; its other members are sent")
        }
        let unsent = [("id", part.id != nil), ("status", part.status != nil), ("extra", !part.extra.isEmpty)]
            .filter(\.1).map(\.0)
        if !unsent.isEmpty {
            omit(
                message, index, "members are left out that the API has no place for: " + unsent.joined(separator: ", "))
        }
    }
}

/// The speaker whose blocks a message holds.
enum Side {
    case system, user, assistant

    /// Tools' results are the user's in this API.
    init?(_ role: Role) {
        switch role {
        case .system, .developer: self = .system
        case .user, .tool: self = .user
        case .assistant: self = .assistant
        default: return nil
        }
    }

    /// Why this side cannot have a block; nil if it can.
    func problem(with block: OutgoingBlock) -> String? {
        switch (self, block.kind) {
        case (.system, .text(isBlank: true)): "the text is left out: it is only white space, which the API refuses"
        case (.system, .text), (.user, .text), (.user, .result), (.user, .other): nil
        case (.assistant, .reasoning):
            block.isSigned ? nil : "the reasoning is left out: it has no signature of this API"
        case (.assistant, .result):
            "the result is left out: it is in a message of the assistant; put it into one of the role tool"
        case (.assistant, .other): block.isFile ? "the file is left out: the API takes none from the assistant" : nil
        case (.assistant, _): nil
        default: "the part is left out: the API does not take its kind in a message of this role"
        }
    }
}
