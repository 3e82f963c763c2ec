import ChatStorageCore
import ChatStorageJSON

/// Writes the items of a request of the Responses API.
struct ResponsesWriter: Omitting {
    private let messages: [ChatMessage]
    private let resolving: FileResolution?
    private let plan: ResponsesPlan
    var omissions: [Omission] = []

    init(messages: [ChatMessage], mode: OpenAIResponses.Mode, resolving: FileResolution?) throws {
        self.messages = messages
        self.resolving = resolving
        plan = try ResponsesPlan(messages, mode)
    }

    /// The JSON of each item that goes out.
    mutating func items() throws -> [String] {
        omissions = plan.unanswered
        var written: [String] = []
        for index in messages.indices[plan.start...] { written += try items(of: index) }
        return written
    }

    private mutating func items(of index: Int) throws -> [String] {
        let message = messages[index]
        let parts = message.parts
        guard parts.contains(where: { !$0.isBlankText }) else {
            omit(index, nil, "the message is left out: it is empty")
            return []
        }
        if let native = message.native {
            omit(index, nil, "the message's native JSON (\(native.format)) is left out; its parts are sent")
        }
        var writer = ItemWriter(role: message.role, resolving: resolving)
        var place = 0
        while place < parts.count {
            let part = parts[place]
            let length = try length(of: part, in: parts[place...])
            if let reason = plan.reason(index, place) {
                omit(index, place, reason)
            } else if let length, try add(native: part, parts[place..<(place + length)], index, place, to: &writer) {
                place += length
                continue
            } else if part.isBlankText {
                omit(index, place, "the text is left out: it is empty")
            } else if message.role != .tool, !ItemWriter.roles.contains(message.role) {
                omit(index, place, "the part is left out: the API does not have the role of its message")
            } else if part.kind == .toolResult {
                let files = parts[(place + 1)...].prefix { $0.kind == .file && $0.callID == part.callID }
                let type = plan.typeOfCall(index, place)
                if let reason = try writer.add(result: part, files: Array(files), ofCall: type) {
                    omit(index, place, reason)
                }
                let errorGoes = type == "shell_call" || type == "apply_patch_call"
                for reason in part.unsent(errorGoes: errorGoes) { omit(index, place, reason) }
                place += files.count
            } else {
                let keepsID = plan.keepsID(index, place)
                let isCustom = plan.isCustom(index, place)
                if let reason = try writer.add(part, keepsID: keepsID, isCustom: isCustom) {
                    omit(index, place, reason)
                } else {
                    let idGoes = keepsID && !isCustom && ItemWriter.writesID(of: part, role: message.role)
                    for reason in part.unsent(idGoes: idGoes) { omit(index, place, reason) }
                }
            }
            place += 1
        }
        writer.close()
        if writer.items.isEmpty { omit(index, nil, "the message is left out: none of its parts can be sent") }
        return writer.items
    }

    /// How many parts the item in a part's native JSON made; nil if they have changed since.
    private func length(of part: MessagePart, in parts: ArraySlice<MessagePart>) throws -> Int? {
        guard let item = part.ownItem else { return nil }
        var files = InlineFiles(extracting: nil)
        guard let read = try? ItemReader(extracting: nil).read(item, path: "", files: &files).parts else { return nil }
        // A message with too many parts has no sources at all.
        let hasSources = parts.contains { $0.kind == .source }
        let made = hasSources ? read : read.filter { $0.kind != .source }
        guard made.count <= parts.count else { return nil }
        return zip(made, parts).dropFirst().allSatisfy { $0.says(sameAs: $1) } ? made.count : nil
    }

    /// Adds the item of a part as the API gave it.
    ///
    /// - Returns: Whether the part is done.
    private mutating func add(
        native part: MessagePart, _ parts: ArraySlice<MessagePart>, _ index: Int, _ place: Int,
        to writer: inout ItemWriter
    ) throws -> Bool {
        guard let native = part.native else { return false }
        if parts.allSatisfy(\.isBlankText) {
            omit(index, place, "the text is left out: it is empty")
            return true
        }
        guard let json = try ItemReader.filled(native.json, with: parts, resolving: resolving) else {
            omit(index, place, "the native JSON is left out: `resolving` gave no bytes for its files")
            return false
        }
        for (offset, part) in parts.enumerated() where !part.extra.isEmpty {
            omit(index, place + offset, "members are left out that the API has no place for: extra")
        }
        if plan.keepsID(index, place) {
            writer.append(json.text)
            return true
        }
        let item = try json.slice
        if item.member("type")?.string != "message" {
            writer.append(Self.withoutID(item))
            omit(index, place, "the item's id is left out: it needs reasoning that is left out too")
            return true
        }
        omit(index, place, "only the item's text is sent: its id needs reasoning that is left out")
        // Without an id, the API takes the assistant's message in its short form.
        for (offset, part) in parts.enumerated() {
            if [.text, .refusal].contains(part.kind), !part.isBlankText {
                writer.append(ItemWriter.said(part.text ?? "", phase: item.member("phase")?.text))
            } else {
                omit(
                    index, place + offset,
                    "the part is left out: the id of its item needs reasoning that is left out too")
            }
        }
        return true
    }

    /// The item without its id; every other value stays.
    private static func withoutID(_ item: JSONSlice) -> String {
        JSONWriter.object { json in
            for (name, value) in item.memberList where name != "id" { json.member(name, literal: value.text) }
        }
    }
}

extension MessagePart {
    /// The part's native JSON of the Responses API; nil if it has none.
    var ownItem: JSONSlice? {
        guard let native, native.format == OpenAIResponses.format else { return nil }
        return try? native.json.slice
    }
}
