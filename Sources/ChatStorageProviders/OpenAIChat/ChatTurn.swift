import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A message of Chat Completions, made from the portable members of parts.
struct ChatTurn {
    let role: Role
    private let dialect: OpenAIChat.Dialect
    /// The elements of `content`.
    private var content: [Element] = []
    private var refusals: [String] = []
    private var calls: [MessagePart] = []

    private enum Element {
        case text(String)
        case json(String)
    }

    init(_ role: Role, _ dialect: OpenAIChat.Dialect = .any) {
        self.role = role
        self.dialect = dialect
    }

    /// Whether the content is an array of elements even for a single text.
    private var isAlwaysElements: Bool { role == .assistant && dialect.answersInElements }

    var isEmpty: Bool { content.isEmpty && refusals.isEmpty && calls.isEmpty }

    /// Adds a part.
    ///
    /// - Returns: Why the API does not take the part; nil if it was added.
    mutating func add(_ part: MessagePart, resolving: FileResolution? = nil) throws -> String? {
        switch part.kind {
        case .text:
            content.append(.text(part.text ?? ""))
        case .file:
            guard role == .user else { return "the file is left out: the API takes files only from users" }
            guard let json = try Self.file(part.file ?? MessageFile(), resolving: resolving) else {
                return
                    "the file is left out: `resolving` gave no bytes, and the API takes no URL or id of it"
            }
            content.append(.json(json))
        case .refusal where role == .assistant && !dialect.takesRefusals:
            content.append(.text(part.text ?? ""))
        case .refusal where role == .assistant:
            refusals.append(part.text ?? "")
        case .toolCall where role == .assistant:
            guard part.name != nil else { return "the call is left out: it has no name" }
            guard part.callID != nil || calls.isEmpty else { return "the call is left out: it has no call id" }
            calls.append(part)
        default:
            return "the part is left out: the API does not take its kind, \(part.kind)"
        }
        return nil
    }

    /// The message's JSON.
    var json: String {
        JSONWriter.object { json in
            json.member("role", role.rawValue)
            if !isAlwaysElements || !content.isEmpty {
                json.name("content")
                write(&json)
            }
            if refusals.count == 1 { json.member("refusal", refusals[0]) }
            if calls.contains(where: { $0.callID != nil }) {
                json.name("tool_calls")
                json.array { json in for call in calls where call.callID != nil { Self.write(call, to: &json) } }
            } else if let call = calls.first {
                json.name("function_call")
                json.object { json in
                    json.member("name", call.name)
                    json.member("arguments", call.input ?? "{}")
                }
            }
        }
    }

    private func write(_ json: inout JSONWriter) {
        // One refusal goes beside the content; several can only go into it.
        let refusals = refusals.count > 1 ? refusals : []
        if content.isEmpty, refusals.isEmpty {
            json.literal("null")
        } else if content.count == 1, refusals.isEmpty, !isAlwaysElements, case .text(let text) = content[0] {
            json.string(text)
        } else {
            json.array { json in
                for element in content {
                    switch element {
                    case .text(let text): Self.write("text", text, to: &json)
                    case .json(let element): json.literal(element)
                    }
                }
                for refusal in refusals { Self.write("refusal", refusal, to: &json) }
            }
        }
    }

    private static func write(_ type: String, _ text: String, to json: inout JSONWriter) {
        json.object { json in
            json.member("type", type)
            json.member(type, text)
        }
    }

    private static func write(_ call: MessagePart, to json: inout JSONWriter) {
        let isCustom = call.isCustomCall
        json.object { json in
            json.member("id", call.callID)
            json.member("type", isCustom ? "custom" : "function")
            json.name(isCustom ? "custom" : "function")
            json.object { json in
                json.member("name", call.name)
                json.member(isCustom ? "input" : "arguments", call.input ?? "{}")
            }
        }
    }

    /// The JSON of a tool's result, a message of its own.
    static func result(_ part: MessagePart) -> String {
        JSONWriter.object { json in
            json.member("role", part.callID == nil ? "function" : "tool")
            if let callID = part.callID { json.member("tool_call_id", callID) } else { json.member("name", part.name) }
            json.member("content", part.output ?? "")
        }
    }

    /// The element of `content` for a file; nil if the API does not take the file.
    private static func file(_ file: MessageFile, resolving: FileResolution?) throws -> String? {
        let bytes = try file.base64(resolving: resolving)
        var json = JSONWriter()
        if let bytes, let format = file.audioFormat {
            json.object { json in
                json.member("type", "input_audio")
                json.name("input_audio")
                json.object { json in
                    json.member("data", bytes)
                    json.member("format", format)
                }
            }
        } else if file.isTakenForImage, let url = file.dataURL(of: bytes) ?? file.sendableURL {
            json.object { json in
                json.member("type", "image_url")
                json.name("image_url")
                json.object { $0.member("url", url) }
            }
        } else if let data = file.dataURL(of: bytes) {
            json.object { json in
                json.member("type", "file")
                json.name("file")
                json.object { json in
                    json.member("filename", file.name ?? "file")
                    json.member("file_data", data)
                }
            }
        } else if let id = file.openAIFileID {
            json.object { json in
                json.member("type", "file")
                json.name("file")
                json.object { $0.member("file_id", id) }
            }
        } else {
            return nil
        }
        return json.text
    }
}
