public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The codec of Gemini's `generateContent`, in Google's own API and in Vertex AI.
///
/// ```swift
/// let body = try GeminiContents.body(for: past, adding: ["generationConfig": config, "tools": tools])
/// let answer = try GeminiContents.message(from: try await post(body.data))
/// ```
///
/// Each of the API's parts is a part, in order. A part with a thought signature keeps its JSON in `native`, which goes
/// back byte for byte: the API refuses calls without their signature. Results of the app's tools have the role `tool`
/// here; the API has them in the user's contents. The codec also reads names in snake case, as Google's Python library
/// writes them.
///
/// Some models give calls no id. The codec makes one, so that the result can name its call and other providers take
/// both; this API does not get that id.
public enum GeminiContents {
    /// The name of the format in native JSON.
    public static let format = "gemini.contents"

    // MARK: Reading

    /// Reads a response: its first candidate is the message.
    ///
    /// Its metadata has the response's and the candidate's other members: `modelVersion` as `model`, `responseId` as
    /// `response_id`, `finishReason` as `stop_reason`, `usageMetadata` as `usage`, all others under their own names,
    /// such as `groundingMetadata`. A blocked prompt gives a message without parts, whose `stop_reason` is the reason.
    ///
    /// - Parameters:
    ///   - response: A response, or the array of responses that the API streams unless it is asked for events.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError`` for anything but a response, such as the API's error or an answer of the
    ///   Interactions API; what `extracting` throws.
    public static func message(from response: Data, extracting: FileExtraction? = nil) throws -> ChatMessage {
        var omissions: [Omission] = []
        return try message(from: response, extracting: extracting, omissions: &omissions)
    }

    /// Reads a response, and reports what it could not keep: further candidates, and members that metadata does not
    /// take.
    ///
    /// - Parameters:
    ///   - response: A response, or the array of responses that the API streams unless it is asked for events.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept.
    /// - Throws: See ``message(from:extracting:)``.
    public static func message(
        from response: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> ChatMessage {
        var json = try JSONFields.parse(response)
        if json.kind == .array {
            var stream = GeminiStream()
            for chunk in json.elementList { try stream.add(chunk) }
            json = try JSONFields.parse(stream.json.utf8)
            omissions += stream.omissions
        }
        var reader = GeminiReader(extracting: extracting)
        let message = try reader.response(json)
        omissions += reader.omissions
        return message
    }

    /// Reads an array of the API's contents, or a request's body with its system instruction.
    ///
    /// A user's content with results of tools becomes a message of the role `tool` and one with the rest. A result
    /// without an id belongs to the first call of its name, in the model's latest content, to which no result belongs.
    ///
    /// - Parameters:
    ///   - contents: The JSON: an array of contents, one content, or a request.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError``; what `extracting` throws.
    public static func messages(from contents: Data, extracting: FileExtraction? = nil) throws -> [ChatMessage] {
        var omissions: [Omission] = []
        return try messages(from: contents, extracting: extracting, omissions: &omissions)
    }

    /// Reads an array of the API's contents, or a request's body, and reports what could not be kept.
    ///
    /// - Parameters:
    ///   - contents: The JSON: an array of contents, one content, or a request.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept; for a request, everything but its contents and its system
    ///     instruction.
    /// - Throws: See ``messages(from:extracting:)``.
    public static func messages(
        from contents: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> [ChatMessage] {
        var reader = GeminiReader(extracting: extracting)
        try reader.read(JSONFields.parse(contents))
        omissions += reader.omissions
        return reader.messages
    }

    // MARK: Writing

    /// Writes a request.
    ///
    /// Messages of the roles `system` and `developer` make the system instruction. Adjacent messages of one side become
    /// one content. The body leaves out what the API would refuse, and its omissions name it: calls without results and
    /// results without calls, empty messages, other providers' reasoning.
    ///
    /// Other providers' calls go out without their ids, which Vertex AI refuses; results then go out in the order of
    /// the calls.
    ///
    /// - Parameters:
    ///   - messages: The conversation so far, as `history` returns it.
    ///   - adding: The request's other members, such as `generationConfig` and `tools`.
    ///   - resolving: Gives the bytes of files; by default the API gets their URLs, if it takes them.
    ///   - signingForeignCalls: Whether calls that no Gemini model signed get the signature that Google documents for
    ///     them. Gemini 3 and later refuse a call without one; pass false for an older model.
    /// - Throws: ``ProviderFormError`` for members that are added twice or come from the messages; what `resolving`
    ///   throws.
    public static func body(
        for messages: [ChatMessage], adding: RequestMembers = [:], resolving: FileResolution? = nil,
        signingForeignCalls: Bool = true
    ) throws -> EncodedBody {
        var encoder = GeminiEncoder(resolving: resolving)
        for (place, message) in messages.enumerated() { try encoder.add(message, at: place) }
        return try encoder.body(adding: adding, signing: signingForeignCalls)
    }
}
