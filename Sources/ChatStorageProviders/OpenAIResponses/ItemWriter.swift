import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes the items of one message from the portable members of its parts.
///
/// An item with an id of the API's own has its members in the API's order, so that most items need no native JSON.
struct ItemWriter {
    /// The roles of message items; results have items of their own.
    static let roles: [Role] = [.user, .assistant, .system, .developer]

    private let role: Role
    let resolving: FileResolution?
    /// The items so far.
    private(set) var items: [String] = []
    /// The unfinished message item: its content, and the id and status of its parts.
    private var content: [Element] = []
    private var heading: (id: String, status: String)?

    private enum Element {
        case text(String)
        case json(String)
    }

    init(role: Role, resolving: FileResolution? = nil) {
        self.role = role
        self.resolving = resolving
    }

    /// The item for parts; nil if they do not make exactly one item, or the API has no place for some of it.
    static func item(of parts: [MessagePart], role: Role) -> String? {
        if let first = parts.first, first.kind == .toolResult {
            guard parts.count == 1, first.isError == nil else { return nil }
            return result(first.callID, text: first.output)
        }
        guard Self.roles.contains(role) else { return nil }
        var writer = ItemWriter(role: role)
        for part in parts {
            // Nothing is resolved, so nothing throws.
            guard case .success(nil) = Result(catching: { try writer.add(part) }) else { return nil }
        }
        writer.close()
        return writer.items.count == 1 ? writer.items[0] : nil
    }

    /// Whether the id and the status of a part go out with it.
    static func writesID(of part: MessagePart, role: Role) -> Bool {
        guard role == .assistant, part.status != nil else { return part.kind == .reasoning }
        return part.kind == .toolCall ? part.isOwnItem("fc") : part.isOwnItem("msg_")
    }

    /// Adds an item as it is.
    mutating func append(_ item: String) {
        close()
        items.append(item)
    }

    /// Adds a part that is not a result.
    ///
    /// - Parameters:
    ///   - keepsID: Whether the API's own id goes out.
    ///   - isCustom: Whether a call's tool takes any text, not JSON.
    /// - Returns: Why the API does not take the part; nil if it was added.
    mutating func add(_ part: MessagePart, keepsID: Bool = true, isCustom: Bool = false) throws -> String? {
        switch part.kind {
        case .text where role == .assistant, .refusal where role == .assistant:
            try add(said: part, keepsID: keepsID)
        case .text where role != .tool:
            content.append(.text(part.text ?? ""))
        case .file where role == .user:
            guard let json = try Self.file(part.file ?? MessageFile(), resolving: resolving) else {
                return
                    "the file is left out: `resolving` gave no bytes, and the API takes no URL or id of it"
            }
            content.append(.json(json))
        case .toolCall where role == .assistant:
            guard let callID = part.callID, part.name != nil else {
                return "the call is left out: it needs a call id and a name"
            }
            append(Self.call(part, callID, keepsID: keepsID, isCustom: isCustom))
        case .reasoning where part.isOwnItem("rs_") && (part.text ?? "").isEmpty && part.status == nil && keepsID:
            append("{\"id\":\(JSONPatch.string(part.id ?? "")),\"type\":\"reasoning\",\"summary\":[]}")
        default:
            return
                "the part is left out: the API does not take its kind, \(part.kind), in a message of the role \(role)"
        }
        return nil
    }

    /// Finishes the message item.
    mutating func close() {
        guard !content.isEmpty else { return }
        var json = JSONWriter()
        json.object { json in
            if let heading {
                json.member("id", heading.id)
                json.member("type", "message")
                json.member("status", heading.status)
            } else {
                json.member("role", role.rawValue)
            }
            json.name("content")
            if heading == nil, content.count == 1, case .text(let text) = content[0] {
                json.string(text)
            } else {
                json.array { json in for element in content { write(element, to: &json) } }
            }
            if heading != nil { json.member("role", role.rawValue) }
        }
        items.append(json.text)
        content = []
        heading = nil
    }

    private func write(_ element: Element, to json: inout JSONWriter) {
        switch element {
        case .json(let text): json.literal(text)
        case .text(let text):
            json.object { json in
                json.member("type", "input_text")
                json.member("text", text)
            }
        }
    }

    /// Adds a text of the model: to its item if that has an id, otherwise as a separate message.
    private mutating func add(said part: MessagePart, keepsID: Bool) throws {
        guard keepsID, part.isOwnItem("msg_"), let id = part.id, let status = part.status else {
            append(Self.said(part.text ?? ""))
            return
        }
        if let heading, heading != (id, status) { close() }
        if heading == nil { close() }
        heading = (id, status)
        var json = JSONWriter()
        json.object { json in
            if part.kind == .refusal {
                json.member("type", "refusal")
                json.member("refusal", part.text ?? "")
            } else {
                json.member("type", "output_text")
                json.member("annotations", literal: "[]")
                json.member("logprobs", literal: "[]")
                json.member("text", part.text ?? "")
            }
        }
        content.append(.json(json.text))
    }

    /// The item for a text of the model, without an id.
    ///
    /// - Parameter phase: The JSON of the item's `phase`, which the API wants back; nil if it has none.
    static func said(_ text: String, phase: String? = nil) -> String {
        JSONWriter.object { json in
            json.member("role", Role.assistant.rawValue)
            json.member("content", text)
            json.member("phase", literal: phase)
        }
    }

    private static func call(_ part: MessagePart, _ callID: String, keepsID: Bool, isCustom: Bool) -> String {
        JSONWriter.object { json in
            if keepsID, !isCustom, part.isOwnItem("fc"), let id = part.id, let status = part.status {
                json.member("id", id)
                json.member("type", "function_call")
                json.member("status", status)
                json.member("arguments", part.input ?? "{}")
                json.member("call_id", callID)
                json.member("name", part.name)
            } else {
                json.member("type", isCustom ? "custom_tool_call" : "function_call")
                json.member("call_id", callID)
                json.member("name", part.name)
                json.member(isCustom ? "input" : "arguments", part.input ?? "{}")
            }
        }
    }
}

extension MessagePart {
    /// Whether its id has the API's prefix for a kind of item.
    func isOwnItem(_ prefix: String) -> Bool { id?.hasPrefix(prefix) ?? false }
}
