import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes each message as blocks; ``Turns`` joins them and pairs calls with results.
struct ConverseWriter: Omitting {
    let resolving: FileResolution?
    private var system: [String] = []
    private var turns = Turns()
    var omissions: [Omission] = []

    init(resolving: FileResolution?) {
        self.resolving = resolving
    }

    /// Adds a message.
    mutating func add(_ message: ChatMessage, at place: Int) throws {
        guard let side = Side(message.role) else {
            return omit(place, nil, "the message is left out: the API has no such role")
        }
        guard message.parts.contains(where: { !$0.isBlankText }) else {
            return omit(place, nil, "the message is left out: it is empty")
        }
        if side == .system, !turns.isEmpty {
            omit(place, nil, "the message moves to the front: the API has one system prompt, before all messages")
        }
        if let native = message.native {
            omit(place, nil, "the message's native JSON (\(native.format)) is left out; its parts are sent")
        }
        let parts = message.parts
        var (index, hasSource) = (0, false)
        while index < parts.count {
            let part = parts[index]
            let files = part.belongings(in: parts[(index + 1)...])
            if part.kind == .source, hasSource {
                // The source is already in the block of the text before it.
            } else if part.isBlankText {
                omit(place, index, "the text is left out: it is empty or only white space, which the API refuses")
            } else if let block = try block(part, files, side, place, index) {
                hasSource = part.native?.format == BedrockConverse.format
                if side == .system { system.append(block.json) } else { turns.append(block, isUsers: side == .user) }
            }
            index += 1 + files.count
        }
    }

    // MARK: A part

    private mutating func block(
        _ part: MessagePart, _ files: [MessagePart], _ side: Side, _ message: Int, _ index: Int
    ) throws -> OutgoingBlock? {
        var json = try native(of: part, files)
        let isNative = json != nil
        if json == nil { json = try portable(part, files, message, index) }
        guard let json else { return nil }
        guard let block = Self.outgoing(json, side, message, index) else {
            omit(message, index, "the part is left out: the API does not take its kind in a message of this role")
            return nil
        }
        if case .reasoning = block.kind, !Self.isSigned(json) {
            omit(message, index, "the reasoning is left out: it has no signature of this API")
            return nil
        }
        if !isNative { for reason in part.unsent(errorGoes: part.kind == .toolResult) { omit(message, index, reason) } }
        return block
    }

    /// The part's native JSON with its files' bytes put back; nil if it has none of this API.
    private func native(of part: MessagePart, _ files: [MessagePart]) throws -> String? {
        guard let native = part.native(of: BedrockConverse.format) else { return nil }
        let json = native.json.text
        let find: FileInJSON.Find = ConverseBlock.file(in:)
        if part.kind == .toolResult {
            let expected = FileInJSON.all(in: try JSONFields.parse(json.utf8), find: find)
            let isSame = expected.count == files.count && zip(expected, files).allSatisfy { $0.isMadeInto($1) }
            guard isSame else { return nil }
        }
        let held = (part.kind == .file ? [part] : files).map { $0.file ?? MessageFile() }
        return try FileInJSON.fill(json, with: held, resolving: resolving, find: find)
    }

    private mutating func portable(
        _ part: MessagePart, _ files: [MessagePart], _ message: Int, _ index: Int
    ) throws -> String? {
        switch part.kind {
        case .toolCall:
            if BlockWriter.input(part.input ?? "").isWrapped {
                omit(message, index, "the call's input is not a JSON object; it is sent as a string inside one")
            }
            if let call = ConverseBlock.portable(part) { return call }
            omit(message, index, "the call is left out: it needs a call id and a name")
        case .toolResult:
            var blocks: [String] = []
            for (offset, file) in files.enumerated() {
                if file.kind == .text {
                    if !file.isBlankText { blocks.append(ConverseBlock.text(file.text ?? "")) }
                } else if let block = try ConverseFile.block(file.file ?? MessageFile(), resolving: resolving) {
                    blocks.append(block)
                } else {
                    omit(message, index + 1 + offset, Self.noBytes)
                }
            }
            if let result = ConverseBlock.result(part, files: blocks) { return result }
            omit(message, index, "the result is left out: it needs the id of its call")
        case .file:
            if let file = try ConverseFile.block(part.file ?? MessageFile(), resolving: resolving) { return file }
            omit(message, index, Self.noBytes)
        case .reasoning: omit(message, index, "the reasoning is left out: it has no signature of this API")
        default:
            if let block = ConverseBlock.portable(part) { return block }
            omit(message, index, "the part is left out: the API does not take its kind")
        }
        return nil
    }

    private static let noBytes =
        "the file is left out: the API does not take its media type, or `resolving` gave no bytes of it"

    /// The block with the facts that decide whether the API takes it; nil if its side cannot have it.
    private static func outgoing(_ json: String, _ side: Side, _ message: Int, _ index: Int) -> OutgoingBlock? {
        guard let slice = try? JSONFields.parse(json.utf8), let (kind, value) = ConverseBlock.content(of: slice) else {
            return nil
        }
        func block(_ kind: OutgoingBlock.Kind) -> OutgoingBlock {
            let id = value.member("toolUseId")?.string ?? ""
            return OutgoingBlock(kind, json, callID: id, message: message, part: index)
        }
        let isServers = value.member("type")?.string?.hasPrefix("server_tool") ?? false
        switch (side, kind) {
        case (_, "text"):
            guard let text = value.string, !OutgoingBlock.isBlank(text) else { return nil }
            return block(.text(isBlank: false))
        case (_, "cachePoint"), (_, "guardContent"): return block(.other)
        case (.assistant, "toolUse"): return block(isServers ? .serverCall : .call)
        case (.assistant, "toolResult") where isServers: return block(.serverResult)
        case (.assistant, "reasoningContent"): return block(.reasoning)
        case (.assistant, "citationsContent"), (.assistant, "image"), (.assistant, "video"): return block(.other)
        case (.user, "toolResult"): return block(.result)
        case (.user, "image"), (.user, "document"), (.user, "video"), (.user, "audio"), (.user, "searchResult"):
            return block(.other)
        default: return nil
        }
    }

    private static func isSigned(_ json: String) -> Bool {
        let content = (try? JSONFields.parse(json.utf8))?.member("reasoningContent")
        let proof = content?.member("reasoningText")?.member("signature") ?? content?.member("redactedContent")
        return proof?.string?.isEmpty == false
    }

    // MARK: The whole

    /// Makes the body from the added messages.
    mutating func body(adding: RequestMembers) throws -> EncodedBody {
        let members = try adding.checked(reserving: system.isEmpty ? ["messages"] : ["messages", "system"])
        omissions += turns.settle()
        var json = JSONWriter(capacity: 4_096)
        json.object { json in
            for (name, value) in members { json.member(name, literal: value.text) }
            if !system.isEmpty {
                json.name("system")
                json.array { for block in system { $0.literal(block) } }
            }
            json.name("messages")
            json.array { json in
                for (role, blocks) in turns.messages {
                    json.object { json in
                        json.member("role", role)
                        json.name("content")
                        json.array { for block in blocks { $0.literal(block) } }
                    }
                }
            }
        }
        return EncodedBody(data: Data(json.bytes), omissions: omissions.inOrder)
    }
}
