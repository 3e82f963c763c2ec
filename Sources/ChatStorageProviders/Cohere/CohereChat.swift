public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The codec of Cohere's Chat API, version 2.
///
/// ```swift
/// let body = try CohereChat.body(for: past, adding: ["model": "command-a-03-2025", "tools": tools])
/// let answer = try CohereChat.message(from: try await post(body.data))
/// ```
///
/// The API resembles Chat Completions, and its unit is also the message: what parts cannot hold, such as the places of
/// citations, stays in `ChatMessage/native`. The plan that a model makes before it calls tools becomes reasoning; what
/// it cites becomes sources.
public enum CohereChat {
    /// The name of the format in native JSON.
    public static let format = "cohere.chat"

    /// Reads a response.
    ///
    /// Its metadata has the response's other members: `id` as `response_id`, `finish_reason` as `stop_reason`.
    ///
    /// - Parameters:
    ///   - response: The body of the API's answer.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError`` for anything but an answer, such as the API's error; what `extracting` throws.
    public static func message(from response: Data, extracting: FileExtraction? = nil) throws -> ChatMessage {
        var omissions: [Omission] = []
        return try message(from: response, extracting: extracting, omissions: &omissions)
    }

    /// Reads a response, and reports what it could not keep: members that metadata does not take.
    ///
    /// - Parameters:
    ///   - response: The body of the API's answer.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept.
    /// - Throws: See ``message(from:extracting:)``.
    public static func message(
        from response: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> ChatMessage {
        let json = try JSONFields.parse(response)
        // An error also has a `message`: a string.
        guard let said = json.member("message"), said.kind == .object else {
            throw json.isNoResponse(without: "message")
        }
        let reader = ChatReader(extracting: extracting, dialect: .cohere)
        var message = try reader.message(said, path: "message")
        let read = ResponseMetadata.read(
            try JSONFields(json, at: ""), besides: ["message"],
            renaming: ["id": MetadataKey.responseID.name, "finish_reason": MetadataKey.stopReason.name])
        message.metadata = read.metadata
        omissions += read.omitted.map { Omission(message: 0, reason: $0) }
        return message
    }

    /// Reads a request's `messages`.
    ///
    /// - Parameters:
    ///   - array: A JSON array of messages.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError`` for anything but such an array; what `extracting` throws.
    public static func messages(from array: Data, extracting: FileExtraction? = nil) throws -> [ChatMessage] {
        let elements = try JSONFields.parse(array)
        guard elements.kind == .array else { throw JSONFields.wrong("", elements, "an array") }
        let reader = ChatReader(extracting: extracting, dialect: .cohere)
        return try elements.elementList.enumerated().map { try reader.message($1, path: "[\($0)]") }
    }

    /// Writes a request.
    ///
    /// Unchanged messages of this API go out byte for byte. Of others, it writes what this API understands:
    /// texts, images, calls and their results.
    ///
    /// - Parameters:
    ///   - messages: The messages, oldest first.
    ///   - adding: The request's other members, such as `model` and `tools`.
    ///   - resolving: Gives the bytes of files.
    /// - Returns: The body, and what was left out of it.
    /// - Throws: ``ProviderFormError`` for members that are added twice or come from the messages; what `resolving`
    ///   throws.
    public static func body(
        for messages: [ChatMessage], adding: RequestMembers = [:], resolving: FileResolution? = nil
    ) throws -> EncodedBody {
        try OpenAIChat.body(for: messages, .cohere, adding: adding, resolving: resolving)
    }
}
