public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The codec of the Model Context Protocol's content: results of a server's tools, and messages of prompts.
///
/// ```swift
/// let result = try MCPContent.message(from: try await callTool(call), callID: call.callID ?? "")
/// try await chats.append(result, to: id)
/// ```
///
/// A `CallToolResult` becomes a message of the role `tool`, which every provider's codec can send: one part with the
/// texts, and one for each image, sound or resource. The result's `native` has the rest, such as annotations,
/// `structuredContent` and `_meta`.
///
/// The bytes of files become `data:` URLs of their parts, so that providers get them, or go to `extracting`.
public enum MCPContent {
    /// The name of the format in `native`.
    public static let format = "mcp.content"

    // MARK: Results of tools

    /// Reads the result of a tool's call.
    ///
    /// - Parameters:
    ///   - result: A `CallToolResult`, or the server's JSON-RPC response with one.
    ///   - callID: The id of the model's call, which the protocol does not know.
    ///   - name: The tool's name; by default none.
    ///   - extracting: Takes the bytes of files out; by default they become `data:` URLs.
    /// - Throws: ``ProviderFormError`` for anything but a result, such as the protocol's error; what `extracting`
    ///   throws.
    public static func message(
        from result: Data, callID: String, name: String? = nil, extracting: FileExtraction? = nil
    ) throws -> ChatMessage {
        var omissions: [Omission] = []
        return try message(from: result, callID: callID, name: name, extracting: extracting, omissions: &omissions)
    }

    /// Reads the result of a tool's call, and reports what could not be kept: members of the response around it.
    ///
    /// - Parameters:
    ///   - result: A `CallToolResult`, or the server's JSON-RPC response with one.
    ///   - callID: The id of the model's call, which the protocol does not know.
    ///   - name: The tool's name; by default none.
    ///   - extracting: Takes the bytes of files out; by default they become `data:` URLs.
    ///   - omissions: Gets what could not be kept.
    /// - Throws: See ``message(from:callID:name:extracting:)``.
    public static func message(
        from result: Data, callID: String, name: String? = nil, extracting: FileExtraction? = nil,
        omissions: inout [Omission]
    ) throws -> ChatMessage {
        var json = try JSONFields.parse(result)
        if json.member("content") == nil, let inner = json.member("result"), inner.kind == .object {
            for member in json.memberList where member.key != "result" {
                omissions.append(
                    Omission(reason: "\(ResponseMetadata.shown(member.key)) is left out: it is the response's"))
            }
            json = inner
        }
        guard json.member("content")?.kind == .array else { throw json.isNoResponse(without: "content") }
        let reader = MCPReader(extracting: extracting)
        return .tool(try reader.result(JSONFields(json, at: ""), callID: callID, name: name))
    }

    /// Writes a tool's result as a `CallToolResult`, as a server sends it.
    ///
    /// - Parameters:
    ///   - message: The message with the result: its first part of the kind `tool_result`, and the files after it.
    ///   - resolving: Gives the bytes of files.
    /// - Returns: The result, and what was left out.
    /// - Throws: ``ProviderFormError`` if the message has no result; what `resolving` throws.
    public static func result(of message: ChatMessage, resolving: FileResolution? = nil) throws -> EncodedBody {
        guard let place = message.parts.firstIndex(where: { $0.kind == .toolResult }) else {
            throw ProviderFormError(member: "parts", reason: "has no result of a tool")
        }
        var writer = MCPWriter(resolving: resolving)
        let json = try writer.result(message.parts, at: place, message: 0, isBlock: false)
        let end = place + 1 + message.parts[place].belongings(in: message.parts[(place + 1)...]).count
        for index in message.parts.indices where !(place..<end).contains(index) {
            writer.omit(0, index, "the part is left out: it does not belong to the first result")
        }
        return EncodedBody(data: Data(json.utf8), omissions: writer.omissions)
    }

    // MARK: Messages

    /// Reads the messages of a prompt or of a request for sampling.
    ///
    /// - Parameters:
    ///   - messages: A JSON array of messages, or an object whose `messages` is one.
    ///   - extracting: Takes the bytes of files out; by default they become `data:` URLs.
    /// - Throws: ``ProviderFormError`` for anything but such messages; what `extracting` throws.
    public static func messages(from messages: Data, extracting: FileExtraction? = nil) throws -> [ChatMessage] {
        var omissions: [Omission] = []
        return try self.messages(from: messages, extracting: extracting, omissions: &omissions)
    }

    /// Reads the messages of a prompt or of a request for sampling, and reports what could not be kept.
    ///
    /// - Parameters:
    ///   - messages: A JSON array of messages, or an object whose `messages` is one.
    ///   - extracting: Takes the bytes of files out; by default they become `data:` URLs.
    ///   - omissions: Gets what could not be kept.
    /// - Throws: See ``messages(from:extracting:)``.
    public static func messages(
        from messages: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> [ChatMessage] {
        try MCPReader(extracting: extracting).messages(JSONFields.parse(messages), omissions: &omissions)
    }

    /// Writes messages in the protocol's form, such as for a request for sampling.
    ///
    /// A message of one part becomes a `PromptMessage`; a message of several has an array as its content. System
    /// prompts become `systemPrompt`.
    ///
    /// - Parameters:
    ///   - messages: The messages, oldest first.
    ///   - adding: Further members, such as `maxTokens`.
    ///   - resolving: Gives the bytes of files.
    /// - Returns: An object with `messages`, and what was left out of it.
    /// - Throws: ``ProviderFormError`` for members that are added twice or come from the messages; what `resolving`
    ///   throws.
    public static func body(
        for messages: [ChatMessage], adding: RequestMembers = [:], resolving: FileResolution? = nil
    ) throws -> EncodedBody {
        var writer = MCPWriter(resolving: resolving)
        for (place, message) in messages.enumerated() { try writer.add(message, at: place) }
        return try writer.body(adding: adding)
    }
}
