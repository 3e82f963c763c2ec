import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes UI messages.
struct UIMessageWriter: Omitting {
    private let messages: [ChatMessage]
    private let resolving: FileResolution?
    private var list: [String] = []
    var omissions: [Omission] = []
    /// The results that already belong to a call.
    private var taken: Set<Place> = []

    private struct Place: Hashable {
        var message: Int
        var part: Int
    }

    init(messages: [ChatMessage], resolving: FileResolution?) {
        self.messages = messages
        self.resolving = resolving
    }

    /// The JSON of each UI message.
    mutating func written() throws -> [String] {
        var start = 0
        while start < messages.count {
            let end = self.end(of: start)
            try write(start..<end)
            start = end
        }
        return list
    }

    /// A UI message without parts, made from a message's portable members; nil if they do not make one.
    static func envelope(of message: ChatMessage, role: String) -> String? {
        // Codable writes the number 1.0 as 1.
        guard case .string(let id)? = message.metadata["id"], message.metadata["metadata"]?.hasFraction != true else {
            return nil
        }
        return envelope(id: id, role: role, message.metadata, parts: "[]")
    }

    private static func envelope(id: String, role: String, _ metadata: Metadata, parts: String) -> String {
        JSONWriter.object { json in
            json.member("id", id)
            json.member("role", role)
            json.member("metadata", literal: metadata["metadata"]?.text)
            json.member("parts", literal: parts)
        }
    }

    // MARK: Which messages make one

    /// Whether a message was the first that was read from a UI message.
    private static func isFirst(_ message: ChatMessage) -> Bool {
        if case .string? = message.metadata["id"] { return true }
        return message.native?.format == AISDKMessages.format
    }

    /// The end of the UI message that begins with a message: the assistant's goes on until somebody else speaks.
    private func end(of start: Int) -> Int {
        guard messages[start].role == .assistant else { return start + 1 }
        let rest = messages[(start + 1)...]
        return rest.firstIndex { ![.assistant, .tool].contains($0.role) || Self.isFirst($0) } ?? messages.endIndex
    }

    private mutating func write(_ range: Range<Int>) throws {
        let first = messages[range.lowerBound]
        if first.native?.format == AISDKMessages.format, let json = try first.native?.json.slice,
            UIMessageReader.isWhole(json)
        {
            if let length = try addWhole(range) {
                if length < range.count { try write((range.lowerBound + length)..<range.upperBound) }
                return
            }
            omit(range.lowerBound, nil, "the message's native JSON is left out: what it says was changed since")
        } else if let native = first.native, native.format != AISDKMessages.format {
            omit(range.lowerBound, nil, "the message's native JSON (\(native.format)) is left out; its parts are sent")
        }
        guard let role = Self.role(first.role) else {
            for index in range { omit(index, nil, "the message is left out: UI messages have no such role") }
            return
        }
        try writeParts(range, role)
    }

    private static func role(_ role: Role) -> String? {
        switch role {
        case .system, .developer: "system"
        case .user, .assistant: role.rawValue
        default: nil
        }
    }

    // MARK: As it came

    /// Adds a UI message whose JSON was kept as a whole, if its messages still say the same.
    ///
    /// - Returns: How many messages it comprises; nil if it was changed.
    private mutating func addWhole(_ range: Range<Int>) throws -> Int? {
        guard let native = messages[range.lowerBound].native else { return nil }
        let slice = try native.json.slice.byItself
        var files = InlineFiles(extracting: nil)
        guard
            let made = try? UIMessageReader.whole(slice, messages[range.lowerBound].role, at: "", files: &files),
            made.count <= range.count, zip(made, messages[range]).allSatisfy(Self.saysTheSame)
        else { return nil }
        // A result that came later belongs to a call in it.
        let next = range.lowerBound + made.count
        if next < range.upperBound, messages[next].role == .tool { return nil }
        let parts = messages[range.lowerBound..<next].flatMap(\.parts).filter { $0.file != nil && $0.kind != .source }
        var filling = InlineFiles(
            filling: parts.map { MessagePart(.file, file: $0.file) }, resolving: resolving)
        _ = try UIMessageReader.whole(slice, messages[range.lowerBound].role, at: "", files: &filling)
        guard !filling.isHollow else { return nil }
        list.append((filling.hasChanges ? filling.changed(slice) : native.json).text)
        return made.count
    }

    private static func saysTheSame(_ made: ChatMessage, _ message: ChatMessage) -> Bool {
        made.role == message.role && made.parts.count == message.parts.count
            && zip(made.parts, message.parts).allSatisfy { $0.says(sameAs: $1) && $1.native == nil }
    }

    // MARK: As its parts say it

    private mutating func writeParts(_ range: Range<Int>, _ role: String) throws {
        let first = messages[range.lowerBound]
        let isRead = Self.isFirst(first)
        var parts: [String] = []
        for index in range where messages[index].role != .tool {
            let message = messages[index]
            let isEmpty = message.parts.allSatisfy { $0.hasNoText && $0.native(of: AISDKMessages.format) == nil }
            if isEmpty, !isRead || index > range.lowerBound {
                omit(index, nil, "the message is left out: it is empty")
                continue
            }
            var added: [String] = []
            for place in message.parts.indices {
                if let json = try part(message.parts[place], at: Place(message: index, part: place), range, isRead) {
                    added.append(json)
                }
            }
            // Each of another provider's answers is a step.
            let isStep = message.role == .assistant && message.parts.first?.kind != .stepStart
            if isStep, !added.isEmpty, !isRead || index > range.lowerBound { parts.append(#"{"type":"step-start"}"#) }
            parts += added
        }
        for index in range where messages[index].role == .tool { nameUntaken(index) }
        guard isRead || !parts.isEmpty else {
            if range.contains(where: { index in !omissions.contains { $0.message == index && $0.part == nil } }) {
                omit(range.lowerBound, nil, "the message is left out: none of its parts can be sent")
            }
            return
        }
        let joined = "[" + parts.joined(separator: ",") + "]"
        if first.native?.format == AISDKMessages.format, let json = try first.native?.json.slice,
            !UIMessageReader.isWhole(json)
        {
            list.append(try UIMessageReader.envelope(json, parts: joined).text)
        } else {
            list.append(Self.envelope(id: id(of: range), role: role, first.metadata, parts: joined))
        }
    }

    private func id(of range: Range<Int>) -> String {
        if case .string(let id)? = messages[range.lowerBound].metadata["id"] { return id }
        return messages[range].lazy.compactMap { $0.metadata[.responseID] }.first ?? "message-\(range.lowerBound + 1)"
    }

    /// The JSON of a part; nil if it is left out, or is the result of a call before it.
    private mutating func part(
        _ part: MessagePart, at place: Place, _ range: Range<Int>, _ isRead: Bool
    ) throws -> String? {
        switch part.kind {
        case .toolResult:
            if !taken.contains(place) { omit(place, "the result is left out: no earlier call waits for it") }
            return nil
        case .toolCall: return call(part, at: place, range)
        default: break
        }
        if let native = part.native(of: AISDKMessages.format) {
            if let json = try UIPartReader.filled(native.json, with: part, resolving: resolving) { return json.text }
            omit(place, "the native JSON is left out: `resolving` gave no bytes for its files")
        }
        if part.hasNoText, !isRead || part.text == nil {
            omit(place, "the text is left out: it is empty")
            return nil
        }
        if messages[place.message].role == .system, part.kind != .text {
            omit(place, "the part is left out: the system's message takes only texts")
            return nil
        }
        guard let json = try portable(part, at: place) else { return nil }
        nameUnsent(of: part, at: place, idGoes: [.source, .data].contains(part.kind))
        return json
    }

    private mutating func portable(_ part: MessagePart, at place: Place) throws -> String? {
        if part.kind == .file, let file = part.file, let bytes = try resolving?(file) {
            let mediaType = file.mediaType ?? file.mediaTypeOfName ?? "application/octet-stream"
            return UIPartWriter.file(file, url: "data:\(mediaType);base64,\(bytes.base64EncodedString())")
        }
        let number = "\(place.message + 1)-\(place.part + 1)"
        if let json = UIPartWriter.portable(UIPart(part: part), place: number) { return json }
        switch part.kind {
        case .reasoning: omit(place, "the reasoning is left out: it has no text that a person can read")
        case .file: omit(place, "the file is left out: `resolving` gave no bytes, and it has no URL for a browser")
        default: omit(place, "the part is left out: UI messages have no such kind, or it says nothing")
        }
        return nil
    }

    // MARK: Calls and results

    private mutating func call(_ call: MessagePart, at place: Place, _ range: Range<Int>) -> String? {
        guard messages[place.message].role == .assistant else {
            omit(place, "the call is left out: it is not the assistant's")
            return nil
        }
        var files = InlineFiles(extracting: nil)
        let slice = try? call.native(of: AISDKMessages.format)?.json.slice
        let made = slice.flatMap { try? UIPartReader.read($0, at: "", files: &files) }
        // For a call without an id, only its native JSON shows whether it had a result.
        let isOpen = call.callID == nil && made != nil && made?.result == nil
        let found = isOpen ? nil : result(of: call, after: place, range)
        if let found { taken.insert(found) }
        let result = found.map { messages[$0.message].parts[$0.part] }
        if let slice, let made {
            let isSame = made.result == nil && result == nil || result.map { made.result?.says(sameAs: $0) } == true
            if isSame { return slice.text }
            if slice.member("type")?.string != "tool-invocation" { return UIPartWriter.call(slice, with: result) }
        }
        let isRun = found?.message == place.message || call.output != nil
        var answer = result
        if answer == nil, let output = call.output {
            answer = MessagePart(.toolResult, isError: call.isError, output: output)
        }
        guard let json = UIPartWriter.portable(UIPart(part: call, result: answer, isRunByProvider: isRun), place: "")
        else {
            omit(place, "the call is left out: it needs a call id and a name")
            if let found { omit(found, "the result is left out with its call") }
            return nil
        }
        nameUnsent(of: call, at: place, idGoes: false)
        if let result, let found { nameUnsent(of: result, at: found, idGoes: false) }
        return json
    }

    /// The call's first result in the same UI message that belongs to no other call.
    private func result(of call: MessagePart, after place: Place, _ range: Range<Int>) -> Place? {
        for index in place.message..<range.upperBound {
            for (number, part) in messages[index].parts.enumerated() where part.kind == .toolResult {
                let found = Place(message: index, part: number)
                if taken.contains(found) || index == place.message && number < place.part { continue }
                let isIts =
                    if part.callID != nil {
                        part.callID.hasSameUTF8(as: call.callID)
                    } else {
                        call.callID == nil && (part.name == nil || part.name.hasSameUTF8(as: call.name))
                    }
                if isIts { return found }
            }
        }
        return nil
    }

    /// Reports what a message of the role `tool` has beside the results of calls.
    private mutating func nameUntaken(_ index: Int) {
        for (number, part) in messages[index].parts.enumerated() {
            let place = Place(message: index, part: number)
            if part.kind != .toolResult {
                omit(place, "the part is left out: a result in a UI message has nothing beside it")
            } else if !taken.contains(place) {
                omit(place, "the result is left out: no earlier call waits for it")
            }
        }
    }

    // MARK: What is left out

    private mutating func nameUnsent(of part: MessagePart, at place: Place, idGoes: Bool) {
        if let native = part.native, native.format != AISDKMessages.format {
            omit(place, "the part's native JSON (\(native.format)) is left out; its other members are sent")
        }
        let unsent = [
            ("id", part.id != nil && !idGoes), ("status", part.status != nil), ("extra", !part.extra.isEmpty),
            ("text", part.kind == .file && part.text != nil),
        ].filter(\.1).map(\.0)
        if !unsent.isEmpty {
            omit(place, "members are left out that UI messages have no place for: " + unsent.joined(separator: ", "))
        }
    }

    private mutating func omit(_ place: Place, _ reason: String) { omit(place.message, place.part, reason) }
}

extension JSONValue {
    /// Whether it contains a number that is not written as an integer.
    fileprivate var hasFraction: Bool {
        switch self {
        case .number: true
        case .array(let elements): elements.contains(where: \.hasFraction)
        case .object(let object): object.members.contains { $0.value.hasFraction }
        case .null, .boolean, .integer, .string: false
        }
    }
}
