public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The codec of Anthropic's Messages API: it reads responses as messages, and writes messages as requests.
///
/// ```swift
/// let body = try AnthropicMessages.body(for: past, adding: ["model": "claude-opus-5", "max_tokens": 8_000])
/// let answer = try AnthropicMessages.message(from: try await post(body.data))
/// ```
///
/// Each content block is a part, in order. If a part's portable members cannot hold all of a block, the part's `native`
/// keeps the block's JSON, which goes back byte for byte, so signatures stay valid. Results of the app's tools have the
/// role `tool` here; the API has them in the user's messages.
public enum AnthropicMessages {
    /// The name of the format in `native`.
    public static let format = "anthropic.messages"

    // MARK: Reading

    /// Reads a response as one message.
    ///
    /// Its metadata has the response's other members: the id as `response_id`, all others under their own names.
    ///
    /// - Parameters:
    ///   - response: The body of the API's answer.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError`` for anything but a message, such as an error or a list; what `extracting`
    ///   throws.
    public static func message(from response: Data, extracting: FileExtraction? = nil) throws -> ChatMessage {
        var omissions: [Omission] = []
        return try message(from: response, extracting: extracting, omissions: &omissions)
    }

    /// Reads a response as one message, and reports what could not be kept.
    ///
    /// - Parameters:
    ///   - response: The body of the API's answer.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept.
    /// - Throws: See ``message(from:extracting:)``.
    public static func message(
        from response: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> ChatMessage {
        let fields = try JSONFields(JSONFields.parse(response), at: "")
        var reader = MessageReader(extracting: extracting)
        let message = try reader.response(fields)
        omissions += reader.omissions
        return message
    }

    /// Reads an array of the API's messages, or a request's body with its system prompt.
    ///
    /// A user's message with results of tools becomes a message of the role `tool` and one with the rest.
    ///
    /// - Parameters:
    ///   - array: The JSON.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError``; what `extracting` throws.
    public static func messages(from array: Data, extracting: FileExtraction? = nil) throws -> [ChatMessage] {
        var omissions: [Omission] = []
        return try messages(from: array, extracting: extracting, omissions: &omissions)
    }

    /// Reads an array of the API's messages, or a request's body, and reports what could not be kept.
    ///
    /// - Parameters:
    ///   - array: The JSON.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept; for a request, everything but `messages`
    ///     and `system`.
    /// - Throws: See ``messages(from:extracting:)``.
    public static func messages(
        from array: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> [ChatMessage] {
        var reader = MessageReader(extracting: extracting)
        try reader.read(JSONFields.parse(array))
        omissions += reader.omissions
        return reader.messages
    }

    // MARK: Writing

    /// Writes a request.
    ///
    /// Messages of the roles `system` and `developer` make the system prompt. Adjacent messages of one side become one.
    /// The body leaves out what the API would refuse, and its omissions name it: calls without results and results
    /// without calls, empty messages, reasoning without this API's signature, and what only another API understands.
    ///
    /// - Parameters:
    ///   - messages: The conversation so far, as `history` returns it.
    ///   - adding: The request's other members, such as `model`, `max_tokens` and `tools`.
    ///   - resolving: Gives the bytes of files; by default the API gets their URLs, if it takes them.
    /// - Throws: ``ProviderFormError`` for members that are added twice or come from the messages; what `resolving`
    ///   throws.
    public static func body(
        for messages: [ChatMessage], adding: RequestMembers = [:], resolving: FileResolution? = nil
    ) throws -> EncodedBody {
        var encoder = MessageEncoder(resolving: resolving)
        for (place, message) in messages.enumerated() { try encoder.add(message, at: place) }
        return try encoder.body(adding: adding)
    }
}
