import ChatStorageCore
import ChatStorageJSON

/// Writes messages as entries of a transcript.
struct TranscriptWriter: Omitting {
    private let messages: [ChatMessage]
    private let pairs: ChatPairs
    private var used: Set<String>
    var omissions: [Omission] = []

    init(_ messages: [ChatMessage]) {
        self.messages = messages
        pairs = ChatPairs(messages)
        used = Set(
            messages.compactMap { message in
                message.native.flatMap { try? $0.json.slice.member("id")?.string }
            })
    }

    mutating func entries() -> [String] {
        var entries: [String] = []
        for index in messages.indices { entries += self.entries(of: index) }
        return entries
    }

    private mutating func entries(of index: Int) -> [String] {
        let message = messages[index]
        if let native = message.native, native.format.utf8.elementsEqual(FoundationModelsTranscript.format.utf8) {
            let left = message.parts.indices.filter { place in
                [.toolCall, .toolResult].contains(message.parts[place].kind) && !pairs.contains(index, place)
            }
            if left.isEmpty { return [native.json.text] }
            for place in left { omit(index, place, pairs.reason(message.parts[place])) }
            if let json = Self.without(left, of: message, in: native.json) { return [json] }
            omit(index, nil, "the message is left out: none of its parts can be sent")
            return []
        }
        if let native = message.native {
            omit(index, nil, "the message's native JSON (\(native.format)) is left out; its parts are sent")
        }
        return portable(index)
    }

    /// An entry without some of its calls, otherwise unchanged; nil if it has nothing else.
    private static func without(_ left: [Int], of message: ChatMessage, in json: JSONText) -> String? {
        guard message.role != .tool, left.count < message.parts.count, let entry = try? json.slice else { return nil }
        // Calls are the last parts of an entry.
        let first = message.parts.count - (entry.member("toolCalls")?.elementList.count ?? 0)
        return JSONWriter.object { json in
            for (name, value) in entry.memberList {
                json.name(name)
                guard name == "toolCalls" else {
                    json.literal(value.text)
                    continue
                }
                json.array { json in
                    for (place, call) in value.elementList.enumerated() where !left.contains(first + place) {
                        json.literal(call.text)
                    }
                }
            }
        }
    }

    private mutating func portable(_ index: Int) -> [String] {
        let message = messages[index]
        guard let role = Self.name(of: message.role) else {
            omit(index, nil, "the message is left out: a transcript has no such role")
            return []
        }
        var (segments, calls, results): ([MessagePart], [MessagePart], [MessagePart]) = ([], [], [])
        for (place, part) in message.parts.enumerated() {
            switch part.kind {
            case .text where !part.isBlankText && message.role != .tool: segments.append(part)
            case .refusal where message.role == .assistant: segments.append(.text(part.text ?? ""))
            case .text: omit(index, place, "the text is left out: it is empty, or beside a result")
            case .toolCall where message.role == .assistant && pairs.contains(index, place) && part.name != nil:
                calls.append(part)
            case .toolResult where pairs.contains(index, place): results.append(part)
            case .toolCall, .toolResult: omit(index, place, pairs.reason(part))
            default: omit(index, place, "the part is left out: a transcript does not take its kind, \(part.kind)")
            }
            for reason in unsent(part) { omit(index, place, reason) }
        }
        var entries: [String] = []
        if !segments.isEmpty { entries.append(entry(role, index) { Self.write(segments, to: &$0) }) }
        if !calls.isEmpty { entries.append(entry("response", index) { Self.write(calls: calls, to: &$0) }) }
        for result in results { entries.append(self.result(result, index)) }
        if entries.isEmpty { omit(index, nil, "the message is left out: none of its parts can be sent") }
        return entries
    }

    private func unsent(_ part: MessagePart) -> [String] {
        guard [.text, .refusal, .toolCall, .toolResult].contains(part.kind) else { return [] }
        var rest = MessagePart(part.kind, status: part.status, isError: part.isError, extra: part.extra)
        rest.native = part.native
        return rest.unsent()
    }

    private static func name(of role: Role) -> String? {
        switch role {
        case .system, .developer: "instructions"
        case .user: "user"
        case .assistant: "response"
        case .tool: "tool"
        default: nil
        }
    }

    // MARK: Entries

    private mutating func entry(_ role: String, _ index: Int, _ body: (inout JSONWriter) -> Void) -> String {
        var number = 0
        var id = "message-\(index)"
        while !used.insert(id).inserted {
            number += 1
            id = "message-\(index)-\(number)"
        }
        return JSONWriter.object { json in
            json.member("role", role)
            json.member("id", id)
            if role == "user" {
                json.name("options")
                json.object { _ in }
            }
            if role == "response" {
                json.name("assets")
                json.array { _ in }
            }
            body(&json)
        }
    }

    private static func write(_ segments: [MessagePart], to json: inout JSONWriter) {
        json.name("contents")
        json.array { json in
            for (place, part) in segments.enumerated() {
                json.object { json in write(part, place, to: &json) }
            }
        }
    }

    private static func write(_ part: MessagePart, _ place: Int, to json: inout JSONWriter) {
        let text = part.text ?? ""
        let isStructure = part.name != nil && (try? JSONFields.parse(text.utf8)) != nil
        json.member("type", isStructure ? "structure" : "text")
        json.member("id", part.id ?? "\(place)")
        guard isStructure else { return json.member("text", text) }
        json.name("structure")
        json.object { json in
            json.member("source", part.name)
            json.member("content", literal: text)
        }
    }

    private static func write(calls: [MessagePart], to json: inout JSONWriter) {
        json.name("toolCalls")
        json.array { json in
            for call in calls {
                json.object { json in
                    json.member("id", call.callID ?? call.name)
                    json.member("name", call.name)
                    json.member("arguments", call.input ?? "{}")
                }
            }
        }
    }

    private func result(_ part: MessagePart, _ index: Int) -> String {
        let id = part.callID ?? part.name ?? ""
        let name = part.name ?? callName(of: id, before: index) ?? ""
        return JSONWriter.object { json in
            json.member("role", "tool")
            json.member("id", id)
            json.member("toolCallID", id)
            json.member("toolName", name)
            Self.write([.text(part.output ?? "")], to: &json)
        }
    }

    /// The name of a result's tool: other APIs name it only in the call.
    private func callName(of id: String, before index: Int) -> String? {
        for message in messages[..<index].reversed() {
            for call in message.toolCalls where call.callID.map({ $0.utf8.elementsEqual(id.utf8) }) == true {
                return call.name
            }
        }
        return nil
    }
}
