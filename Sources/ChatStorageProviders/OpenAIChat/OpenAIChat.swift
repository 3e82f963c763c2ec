public import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The codec of OpenAI's Chat Completions API, which many other providers' APIs follow.
///
/// ```swift
/// let body = try OpenAIChat.body(for: past, adding: ["model": "gpt-4.1", "tools": tools])
/// let answer = try OpenAIChat.message(from: try await post(body.data))
/// ```
///
/// The unit of this API is the message, so what a message's parts cannot hold stays in the message's own
/// `ChatMessage/native`: `reasoning_content`, `audio`, `annotations`, unknown members.
/// Each tool message becomes a message of the role `tool`, which a store takes if it was prepared with
/// `RoleSet.withTools`.
public enum OpenAIChat {
    /// The name of the format in native JSON.
    public static let format = "openai.chat"

    /// Reads a response: its first choice is the message.
    ///
    /// - Parameters:
    ///   - response: A `chat.completion` as the API gave it.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError`` for anything but such a response, such as the API's error; what `extracting`
    ///   throws.
    public static func message(from response: Data, extracting: FileExtraction? = nil) throws -> ChatMessage {
        var omissions: [Omission] = []
        return try message(from: response, extracting: extracting, omissions: &omissions)
    }

    /// Reads a response, and reports what it could not keep: further choices, and members that metadata does not take.
    ///
    /// - Parameters:
    ///   - response: A `chat.completion` as the API gave it.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept.
    /// - Throws: ``ProviderFormError`` for anything but such a response, such as the API's error; what `extracting`
    ///   throws.
    public static func message(
        from response: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> ChatMessage {
        try ChatReader(extracting: extracting).response(JSONFields.parse(response), omissions: &omissions)
    }

    /// Reads a request's `messages`, or a list of stored messages as the API gives it.
    ///
    /// - Parameters:
    ///   - array: A JSON array of messages, or an object whose `data` is one.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    /// - Throws: ``ProviderFormError`` for anything but such an array; what `extracting` throws.
    public static func messages(from array: Data, extracting: FileExtraction? = nil) throws -> [ChatMessage] {
        var omissions: [Omission] = []
        return try messages(from: array, extracting: extracting, omissions: &omissions)
    }

    /// Reads a request's `messages`, and reports what it could not keep: the members beside a list's `data`.
    ///
    /// - Parameters:
    ///   - array: A JSON array of messages, or an object whose `data` is one.
    ///   - extracting: Takes the bytes of files out; by default they stay in the native JSON.
    ///   - omissions: Gets what could not be kept.
    /// - Throws: ``ProviderFormError`` for anything but such an array; what `extracting` throws.
    public static func messages(
        from array: Data, extracting: FileExtraction? = nil, omissions: inout [Omission]
    ) throws -> [ChatMessage] {
        let reader = ChatReader(extracting: extracting)
        return try JSONFields.parse(array).listed(omissions: &omissions).enumerated().map { index, element in
            try reader.message(element, path: "[\(index)]")
        }
    }

    /// Writes a request.
    ///
    /// Unchanged messages of this API go out byte for byte. Of others, it writes what this API understands:
    /// texts, files, refusals, calls and their results. Providers that follow this API add members that others refuse:
    /// name the ``Dialect`` of the provider that gets the request, so that the body has only what it takes.
    ///
    /// - Parameters:
    ///   - messages: The messages, oldest first.
    ///   - dialect: What the API takes; by default everything goes out as it came.
    ///   - adding: The request's other members, such as `model` and `tools`.
    ///   - resolving: Gives the bytes of files.
    /// - Returns: The body, and what was left out of it.
    /// - Throws: ``ProviderFormError`` for members that are added twice or come from the messages; what `resolving`
    ///   throws.
    public static func body(
        for messages: [ChatMessage], _ dialect: Dialect = .any, adding: RequestMembers = [:],
        resolving: FileResolution? = nil
    ) throws -> EncodedBody {
        let members = try adding.checked(reserving: ["messages"])
        var writer = ChatWriter(messages: messages, dialect: dialect, resolving: resolving)
        let written = try writer.written()
        var json = JSONWriter()
        json.object { json in
            for (name, value) in members { json.member(name, literal: value.text) }
            json.name("messages")
            json.array { for message in written { $0.literal(message) } }
        }
        return EncodedBody(data: Data(json.bytes), omissions: writer.omissions)
    }
}
