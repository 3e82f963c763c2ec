import ChatStorageCore
import ChatStorageProviders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A request for a response, as `POST /v1/responses` takes it.
struct ResponseRequest {
    /// What the request replaces, where a person edits a question or has an answer made again.
    ///
    /// OpenAI's API has no such member; its clients send it as `extra_body`.
    enum Replacement {
        /// Another question in place of a message.
        case message(Int64)
        /// Another answer in place of one.
        case answer(Int64)
    }

    let model: String
    let input: [ChatMessage]
    let instructions: String?
    let conversation: ConversationID?
    let previous: Message.ID?
    let replacement: Replacement?
    let isStored: Bool
    let isStreamed: Bool
    let isBackground: Bool
    let tools: [JSONValue]
    let options: JSONObject
    /// The members that the response says again.
    let settings: JSONObject

    init(_ json: JSONObject, defaultModel: String) throws {
        model = try json.optional("model") ?? defaultModel
        instructions = try json.optional("instructions")
        isStored = try json.optional("store") ?? true
        isStreamed = try json.optional("stream") ?? false
        isBackground = try json.optional("background") ?? false
        tools = try json.optional("tools") ?? []
        conversation = try Self.conversation(json["conversation"])
        previous = try json.optional("previous_response_id").map(Identifiers.message(ofResponse:))
        if conversation != nil, previous != nil {
            throw APIError.invalid("Give conversation or previous_response_id, not both.", at: "previous_response_id")
        }
        input = try Self.messages(json["input"])
        replacement = try json.optional("replaces", as: String.self).map(Self.replacement)
        switch replacement {
        case .answer where !input.isEmpty:
            throw APIError.invalid("To have an answer made again, leave input out.", at: "input")
        case .answer: break
        case .message, nil: if input.isEmpty { throw APIError.invalid("There is no input.", at: "input") }
        }
        if replacement != nil, conversation == nil {
            throw APIError.invalid("A request with replaces needs a conversation.", at: "conversation")
        }
        options = json.options(["temperature", "top_p"], renaming: ["max_output_tokens": "max_tokens"])
        var settings = json.options([
            "instructions", "metadata", "tools", "tool_choice", "temperature", "top_p", "max_output_tokens",
            "parallel_tool_calls", "previous_response_id", "background",
        ])
        settings["model"] = .string(model)
        // They are kept in the answer's metadata, which has at most 64 KiB; long descriptions of tools stay out.
        if JSONValue.object(settings).text.utf8.count > 48 << 10 { settings["tools"] = nil }
        self.settings = settings
    }

    private static func conversation(_ json: JSONValue?) throws -> ConversationID? {
        guard let json, json != .null else { return nil }
        guard let id = (json["id"] ?? json).string else {
            throw APIError.invalid("conversation must be an id, or an object with one.", at: "conversation")
        }
        return ConversationID(id)
    }

    private static func replacement(_ id: String) throws -> Replacement {
        if id.hasPrefix("resp_") { return .answer(try Identifiers.message(ofResponse: id).sequence) }
        return .message(try Identifiers.item(id).sequence)
    }

    private static func messages(_ input: JSONValue?) throws -> [ChatMessage] {
        guard let input, input != .null else { return [] }
        return try OpenAIResponses.messages(from: Data(input.text.utf8))
    }

    /// The tools as Chat Completions takes them.
    var chatTools: [JSONValue] {
        tools.filter { $0["type"] == "function" }.map { tool in
            guard case .object(var function) = tool else { return tool }
            function["type"] = nil
            return ["type": "function", "function": .object(function)]
        }
    }
}

extension JSONObject {
    /// Some of the members, null ones left out.
    func options(_ names: [String], renaming: [String: String] = [:]) -> JSONObject {
        var options = JSONObject()
        for name in names + Array(renaming.keys) {
            if let value = self[name], value != .null { options[renaming[name] ?? name] = value }
        }
        return options
    }
}
